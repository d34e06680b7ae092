// Where a track came from, and what else is known of it.

import { html } from "../html.js";
import { language, number, t } from "../i18n.js";
import { clock, percent } from "../words.js";

/** Parameters: track (in the view FULL). */
export function Facts({ track }) {
  const facts = [
    ["duration", track.duration_seconds && clock(track.duration_seconds)],
    ["tempo", heard(track.estimated_tempo, ({ bpm }) => number(bpm, { maximumFractionDigits: 0 }))],
    ["tone", heard(track.estimated_key, ({ key }) => key)],
    ["file", track.file_name],
    ["place", track.source_uri],
    ["added", track.ingested_at && date(track.ingested_at)],
    ["audio", audioOf(track)],
    ["content", track.content_sha256],
    ["id", track.track_id],
  ].filter(([, value]) => value);
  return html`
    <details class="facts">
      <summary>${t("catalogue.facts")}</summary>
      <dl>
        ${facts.map(
          ([name, value]) => html`
            <div key=${name}>
              <dt>${t(`catalogue.fact.${name}`)}</dt>
              <dd>${value}</dd>
            </div>
          `,
        )}
      </dl>
      ${track.recording && html`<p class="quiet">${t("catalogue.hasCopies")}</p>`}
    </details>
  `;
}

function heard(estimate, words) {
  if (!estimate) return "";
  return t("catalogue.estimated", { value: words(estimate), share: percent(estimate.confidence ?? 0) });
}

function date(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}

function audioOf({ audio }) {
  const state = audio?.replace("TRACK_AUDIO_", "").toLowerCase();
  return state && state !== "unspecified" ? t(`catalogue.audio.${state}`) : "";
}
