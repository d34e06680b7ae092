// One answer of a search, as a card.

import { html, useId, useState } from "../html.js";
import { t } from "../i18n.js";
import { likely } from "../likely.js";
import { to } from "../route.js";
import { artistOf, clock, similarity, titleOf } from "../words.js";
import { Button } from "../ui/button.js";
import { Genres, HeardIn, Labels } from "../ui/composition.js";
import { Cover } from "../ui/cover.js";
import { PlayButton } from "../ui/play-button.js";
import { Copies } from "./copies.js";
import { Why } from "./why.js";

const MOODS = 3;

/**
 * Parameters: result (SimilarTrack), queue and index (for the player), onSeed(seed) adds a seed to the search.
 */
export function Card({ result, queue, index, onSeed }) {
  const { track, passage, explanation = {} } = result;
  const { metadata = {} } = track;
  const [why, setWhy] = useState(false);
  const id = useId();
  return html`
    <article class="card" aria-labelledby=${id}>
      <${Cover} track=${track} size=${160}><${PlayButton} ...${{ queue, index }} size="large" /><//>
      <div class="card-body">
        <header>
          <div class="names">
            <h3 id=${id}>
              <a class="title" dir="auto" href=${to("search", { for: `track:${track.track_id}` })}>
                ${titleOf(track)}
              </a>
            </h3>
            <${Artist} track=${track} />
          </div>
          <${Score} score=${result.score ?? 0} />
        </header>
        <p class="meta quiet numbers">
          ${metaOf(metadata, track, passage).map((part) => html`<span key=${part} dir="auto">${part}</span>`)}
        </p>
        <${Parts} ...${{ result, explanation }} />
        <${Genres} heard=${track.predicted_genres} shares=${explanation.genre_composition} />
        <${Labels} given=${[...(metadata.genres ?? []), ...(metadata.moods ?? [])]} heard=${likely("moods", track.predicted_moods).slice(0, MOODS)} />
        <${HeardIn} heard=${track.predicted_descriptors} />
        <${Actions} ...${{ result, why, setWhy, onSeed }} />
      </div>
      ${why && html`<${Why} result=${result} />`}
    </article>
  `;
}

/** All that an artist made is something to search by too. */
function Artist({ track }) {
  const name = track.metadata?.artist;
  if (!name) return html`<span class="artist" dir="auto">${artistOf(track)}</span>`;
  return html`
    <a
      class="artist"
      dir="auto"
      href=${to("search", { for: `artist:${name}` })}
      title=${t("search.byArtist", { name })}
    >
      ${name}
    </a>
  `;
}

function Score({ score }) {
  return html`
    <span class="score numbers" title=${t("search.score")}>
      <span class="unseen">${t("search.score")} </span>${similarity(score)}
    </span>
  `;
}

/** What the score is made of, as far as the model and the recommender tell it apart. */
function Parts({ result, explanation }) {
  const parts = [
    ["sound", explanation.sound_similarity],
    ["style", explanation.style_similarity],
    ["listenersPart", result.collaborative_score],
  ].filter(([, value]) => value !== undefined);
  if (!parts.length) return null;
  return html`
    <dl class="parts">
      ${parts.map(
        ([name, value]) => html`
          <div key=${name} class=${name}>
            <dt>${t(`search.${name}`)}</dt>
            <dd class="numbers">${similarity(value)}</dd>
            <i aria-hidden="true"><b style=${{ width: percentWidth(value) }} /></i>
          </div>
        `,
      )}
    </dl>
  `;
}

function Actions({ result, why, setWhy, onSeed }) {
  const { track, passage, others } = result;
  const [copies, setCopies] = useState(false);
  const seed = { kind: "track", id: track.track_id, against: false };
  const { start_seconds: start = 0, end_seconds: end } = passage ?? {};
  const what = titleOf(track);
  const action = (name, icon, onClick, more = {}) => html`
    <${Button} kind="plain" small icon=${icon} onClick=${onClick} ...${more}>
      ${t(`search.${name}`)}<span class="unseen"> (${what})</span>
    <//>
  `;
  return html`
    <div class="actions">
      ${action("moreLike", "plus", () => onSeed(seed))}
      ${action("lessLike", "minus", () => onSeed({ ...seed, against: true }))}
      ${passage &&
      action("morePassage", "passage", () => onSeed({ ...seed, kind: "passage", start, end }))}
      ${others > 0 &&
      html`<${Button} kind="plain" small icon="copies" onClick=${() => setCopies(true)}>
        ${t("search.copies", { count: others })}
      <//>`}
      ${action("why", "why", () => setWhy(!why), { "aria-expanded": why ? "true" : "false" })}
      ${copies && html`<${Copies} track=${track} others=${others} onClose=${() => setCopies(false)} />`}
    </div>
  `;
}

function metaOf(metadata, track, passage) {
  const { start_seconds: start = 0, end_seconds: end } = passage ?? {};
  return [
    metadata.album,
    metadata.year && String(metadata.year),
    clock(track.duration_seconds ?? 0),
    passage && t("search.passageAt", { start: clock(start), end: clock(end) }),
  ].filter(Boolean);
}

const percentWidth = (value) => `${Math.round(100 * Math.min(Math.max(value, 0), 1))}%`;

