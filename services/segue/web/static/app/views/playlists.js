// Playlists: from seeds, from one track to another, or kept ones.

import { html, useEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { changed, current, go, to } from "../route.js";
import { Button } from "../ui/button.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { Ways } from "../ui/ways.js";
import { isComplete, readPlan } from "../playlists/address.js";
import { usePlaylist } from "../playlists/made.js";
import { MadeList } from "../playlists/made-list.js";
import { Planning } from "../playlists/planning.js";
import { Saved } from "../playlists/saved.js";

const MODES = ["seeds", "path", "saved"];
const MOST_RANDOM = 1_000_000_000;
const MOST_TRIES = 5;

export function View({ parameters }) {
  const plan = readPlan(parameters);
  const made = usePlaylist(plan);
  const another = useAnother(made, (random) => change({ random, track: [] }));
  const ways = MODES.map((mode) => ({
    name: mode,
    href: to("playlists", mode === "seeds" ? {} : { mode }),
    text: t(`playlists.mode.${mode}`),
  }));
  const overview = plan.mode === "saved" && !plan.saved;
  return html`
    <div class="playlists">
      <h1>${t("app.playlists")}</h1>
      <${Ways} class="tabs" label=${t("playlists.ways")} ways=${ways} shown=${shownMode(plan)} />
      ${overview
        ? html`<${Saved} />`
        : html`
            <div class="bench">
              ${!plan.saved &&
              html`<aside class="panel">
                <${Planning} plan=${plan} parameters=${parameters} onChange=${change} />
                ${isComplete(plan) &&
                html`<${Button} icon="again" onClick=${another}>${t("playlists.another")}<//>`}
              </aside>`}
              <div class="result"><${Result} ...${{ plan, made }} /></div>
            </div>
          `}
    </div>
  `;
}

/** Change the address as it is now: a change that comes late must not undo one that came meanwhile. */
function change(changes) {
  go(changed("playlists", current().parameters, changes), { replace: true });
}

function Result({ plan, made }) {
  const { value, error, loading, reload, learn } = made;
  if (error) return html`<${Problem} error=${error} onRetry=${reload} />`;
  if (!isComplete(plan)) {
    return html`<${Empty} icon="list" title=${t(`playlists.begin.${plan.mode}`)}>
      <p>${t(`playlists.beginNext.${plan.mode}`)}</p>
    <//>`;
  }
  if (!value) return html`<${Skeletons} count=${6} height="3.5rem" />`;
  return html`
    <div aria-busy=${loading ? "true" : "false"}>
      <${MadeList} plan=${plan} made=${value} learn=${learn} onChange=${change} />
    </div>
  `;
}

/** Asks for another playlist; of a small catalogue several numbers make the same one, so it looks on. */
function useAnother(made, choose) {
  const sought = useRef(null);
  const roll = () => choose(1 + Math.floor(Math.random() * MOST_RANDOM));
  useEffect(() => {
    if (!sought.current || made.loading || !made.value) return;
    sought.current.tries -= 1;
    if (idsOf(made.value) !== sought.current.before || !sought.current.tries) sought.current = null;
    else roll();
  }, [made.value, made.loading]);
  return () => {
    sought.current = { before: made.value ? idsOf(made.value) : "", tries: MOST_TRIES };
    roll();
  };
}

function idsOf({ tracks }) {
  return tracks.map(({ track }) => track.track_id).join("\n");
}

function shownMode(plan) {
  return plan.saved ? "saved" : plan.mode;
}
