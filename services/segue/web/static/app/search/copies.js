// Other tracks of the catalogue that are the same recording.

import { html } from "../html.js";
import { call } from "../api.js";
import { t } from "../i18n.js";
import { playable } from "../player.js";
import { artistOf, clock, titleOf } from "../words.js";
import { useAnswer } from "../ui/answer.js";
import { Dialog } from "../ui/dialog.js";
import { PlayButton } from "../ui/play-button.js";
import { Problem, Skeletons } from "../ui/problem.js";

/** Copies are not always the nearest tracks: so many are looked through. */
const LOOKED_THROUGH = 100;

/** Parameters: track, others (how many there are), onClose. */
export function Copies({ track, others, onClose }) {
  const { value, error, reload } = useAnswer((signal) => copiesOf(track, signal), [track.track_id]);
  return html`
    <${Dialog} title=${t("search.copiesOf", { what: titleOf(track) })} onClose=${onClose}>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!value && !error && html`<${Skeletons} count=${Math.min(others, 4)} height="3rem" />`}
      ${value && html`<${List} tracks=${value} />`}
    <//>
  `;
}

function List({ tracks }) {
  const queue = tracks.map((track) => playable(track));
  return html`
    <ul class="copies">
      ${tracks.map(
        (track, index) => html`
          <li key=${track.track_id}>
            <${PlayButton} queue=${queue} index=${index} kind="plain" />
            <span>
              <span class="title" dir="auto">${titleOf(track)}</span>
              <span class="artist" dir="auto">${artistOf(track)} · ${track.metadata?.album || track.track_id}</span>
            </span>
            <span class="quiet numbers">${clock(track.duration_seconds ?? 0)}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

async function copiesOf(track, signal) {
  const json = {
    seed: { track_id: track.track_id },
    all_copies: true,
    page_size: LOOKED_THROUGH,
    view: "TRACK_VIEW_BASIC",
  };
  const { results = [] } = await call("similar", { json, signal });
  return results.map((one) => one.track).filter(({ recording }) => recording === track.recording);
}
