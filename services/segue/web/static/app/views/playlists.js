// Playlists: from seeds, from one track to another, or kept ones.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { changed, go, to } from "../route.js";
import { Button } from "../ui/button.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { isComplete, readPlan } from "../playlists/address.js";
import { usePlaylist } from "../playlists/made.js";
import { MadeList } from "../playlists/made-list.js";
import { Planning } from "../playlists/planning.js";
import { Saved } from "../playlists/saved.js";

const MODES = ["seeds", "path", "saved"];
const MOST_RANDOM = 1_000_000_000;

export function View({ parameters }) {
  const plan = readPlan(parameters);
  const made = usePlaylist(plan);
  const change = (changes) => go(changed("playlists", parameters, changes), { replace: true });
  const another = () => change({ random: 1 + Math.floor(Math.random() * MOST_RANDOM), track: [] });
  const overview = plan.mode === "saved" && !plan.saved;
  return html`
    <div class="playlists">
      <h1>${t("app.playlists")}</h1>
      <nav class="tabs" aria-label=${t("playlists.ways")}>
        ${MODES.map(
          (mode) => html`
            <a
              key=${mode}
              href=${to("playlists", mode === "seeds" ? {} : { mode })}
              aria-current=${mode === shownMode(plan) ? "page" : undefined}
            >
              ${t(`playlists.mode.${mode}`)}
            </a>
          `,
        )}
      </nav>
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
              <div class="result"><${Result} ...${{ plan, made, change }} /></div>
            </div>
          `}
    </div>
  `;
}

function Result({ plan, made, change }) {
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

function shownMode(plan) {
  return plan.saved ? "saved" : plan.mode;
}
