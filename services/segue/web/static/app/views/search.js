// Search by listening: what it starts from, what comes of it, and what changes it.

import { html, useLayoutEffect, useMemo, useState } from "../html.js";
import { t } from "../i18n.js";
import { playable } from "../player.js";
import { beginAtTop, go, to } from "../route.js";
import { useServer, useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { useMedia } from "../ui/media.js";
import { Pager } from "../ui/pager.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { Bring, DropAnywhere, useClip } from "../search/bring.js";
import { Card } from "../search/card.js";
import { Filters } from "../search/filters.js";
import { remember, rememberClip, useKnown } from "../search/known.js";
import { isFiltered, readQuery, requestOf, unfiltered, writeQuery, writeSeed } from "../search/query.js";
import { useResults } from "../search/results.js";
import { Seeds, withSeed } from "../search/seeds.js";
import { around, LONGEST_SECONDS } from "../search/selection.js";
import { Sound, useCanShow } from "../search/sound.js";
import { Start } from "../search/start.js";
import { Weights } from "../search/weights.js";
import { HowItCameAbout } from "../search/why.js";

export function View({ parameters }) {
  const query = useMemo(() => readQuery(parameters), [parameters.toString()]);
  const change = (changes, options) => go(to("search", writeQuery({ ...query, ...changes })), options);
  const clip = useClip((sent) => {
    rememberClip(sent);
    change({ seeds: [seedOfClip(sent)], match: "" });
  });
  const begin = (track) => {
    remember([track]);
    change({ seeds: [{ kind: "track", id: track.track_id, against: false }] });
  };
  useLayoutEffect(beginAtTop, [query.seeds.map(writeSeed).join("\n")]);
  return html`
    <${DropAnywhere} onFile=${clip.send} />
    ${query.seeds.length
      ? html`<${Search} ...${{ query, change, clip }} />`
      : html`<${Start} clip=${clip} onTrack=${begin} />`}
  `;
}

function Search({ query, change, clip }) {
  const server = useServer();
  const features = server?.features ?? new Set();
  const session = useSession();
  const ready = server && (session.known || !query.listener);
  const answered = useResults(ready ? requestOf(query, features, session) : null);
  const search = ready ? answered : { ...answered, loading: true };
  const addSeed = (seed) => change({ seeds: withSeed(query.seeds, seed) });
  return html`
    <div class="search">
      <h1 class="unseen">${t("app.search")}</h1>
      <${Asked} ...${{ query, change, clip }} />
      <div class="search-columns">
        <${Sides} ...${{ query, features, server, change }} />
        <${Results} ...${{ search, query, change, addSeed }} />
      </div>
    </div>
  `;
}

/** The seeds, and the sound of the one that is looked at. */
function Asked({ query, change, clip }) {
  const { seeds } = query;
  const canShow = useCanShow();
  const [chosen, setChosen] = useState(null);
  const known = useKnown(seeds);
  const shown = seeds.find((seed) => chosen === seed.id && canShow(seed)) ?? seeds.find(canShow);
  const replace = (changed) =>
    change({ seeds: seeds.map((seed) => (seed === shown ? changed : seed)) }, { replace: true });
  return html`
    <div class="panel asked">
      <div class="asked-top">
        <${Seeds}
          seeds=${seeds}
          known=${known}
          shown=${shown}
          onShow=${({ id }) => setChosen(id)}
          onChange=${(changed) => change({ seeds: changed })}
        />
        <${Bring} clip=${clip} />
      </div>
      ${shown && html`<${Sound} seed=${shown} known=${known.of(shown)} onChange=${replace} />`}
    </div>
  `;
}

/** Beside the results; on a small screen folded up above them. */
function Sides({ query, features, server, change }) {
  const wide = useMedia("(min-width: 60rem)");
  return html`
    <details class="sides-of-search" open=${wide}>
      <summary class="button">${t("search.refine")}</summary>
      <${Weights} ...${{ query, features, server, change }} />
      <${Filters} ...${{ query, change }} />
    </details>
  `;
}

function Results({ search, query, change, addSeed }) {
  const { results, asked, answer, error, loading, token } = search;
  const queue = useMemo(() => results.map((result) => entryOf(result, asked)), [results]);
  useDrawnMark(results);
  return html`
    <section class="results" aria-label=${t("search.results")} aria-busy=${loading ? "true" : "false"}>
      <div class="results-head">
        <h2>${t("search.results")}</h2>
        <${Button} kind="plain" small icon="share" onClick=${share}>${t("search.share")}<//>
      </div>
      ${answer && html`<${Notes} answer=${answer} />`}
      ${error && html`<${Problem} error=${error} onRetry=${search.retry} />`}
      ${!results.length && loading && html`<${Skeletons} count=${4} height="11rem" />`}
      ${!results.length && answer && !loading && html`<${Nothing} ...${{ query, change }} />`}
      <ol class=${loading ? "cards stale" : "cards"}>
        ${results.map(
          (result, index) => html`
            <li key=${result.track.track_id}>
              <${Card} ...${{ result, queue, index }} onSeed=${addSeed} />
            </li>
          `,
        )}
      </ol>
      ${results.length > 0 &&
      html`<${Pager}
        more=${token !== ""}
        loading=${loading}
        shown=${results.length}
        onMore=${search.loadMore}
      />`}
      ${answer && html`<${HowItCameAbout} answer=${answer} />`}
    </section>
  `;
}

/** What the answer itself says of how far it could do what was asked for. */
function Notes({ answer }) {
  const { collaborative_message: message, unknown_labels: labels = [], unknown_seeds: seeds = [] } = answer;
  const notes = [
    message,
    answer.collaborative_status === "COLLABORATIVE_STATUS_NO_SCORES" && t("search.noScores"),
    labels.length && t("search.unknownLabels", { labels: labels.join(", ") }),
    seeds.length && t("search.unknownSeeds", { seeds: seeds.join(", ") }),
  ].filter(Boolean);
  return notes.map((note) => html`<p class="note" role="status" key=${note}>${note}</p>`);
}

function Nothing({ query, change }) {
  return html`
    <${Empty} icon="filter" title=${t("search.nothing")}>
      ${isFiltered(query) &&
      html`<${Button} onClick=${() => change(unfiltered(query))}>${t("search.clearFilters")}<//>`}
    <//>
  `;
}

function entryOf({ track, passage }, search) {
  const heard = passage && { startSeconds: passage.start_seconds ?? 0, endSeconds: passage.end_seconds };
  return { ...playable(track, heard), search };
}

async function share() {
  try {
    await navigator.clipboard.writeText(location.href);
    toast(t("search.copied"));
  } catch {
    // Not over plain HTTP from elsewhere: the address bar says the same.
    toast(t("search.copyAddress"));
  }
}

/** How long results take from the answer to the frame that shows them is in the browser's timeline. */
function useDrawnMark(results) {
  useLayoutEffect(() => {
    if (!results.length) return undefined;
    const frame = requestAnimationFrame(() => performance.mark("segue.drawn"));
    return () => cancelAnimationFrame(frame);
  }, [results]);
}

/** A clip that is longer than a passage may be is asked for by its middle. */
function seedOfClip({ clip_id: id, duration_seconds: duration }) {
  const whole = { kind: "clip", id, against: false };
  return duration > LONGEST_SECONDS ? { ...whole, ...around(duration / 2, duration) } : whole;
}
