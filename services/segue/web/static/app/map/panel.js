// The tracks that the map speaks of, as a table: to be heard, and for who does not see the map.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { playable } from "../player.js";
import { Button } from "../ui/button.js";
import { PlayButton } from "../ui/play-button.js";
import { artistOf, percent, titleOf } from "../words.js";
import { useTracks } from "./tracks.js";

/** Tracks that an address can carry, and that are listed. */
export const MOST_CHOSEN = 200;
const MOST_LISTED = 40;

/**
 * Parameters: title, ids, scores (Map of id to a share, or none), count (of all, where ids are some of them),
 * playlist (whether it is offered as one), onSelect(id), onClear.
 */
export function Panel({ title, note, ids, scores, playlist, onSelect, onClear }) {
  const listed = ids.slice(0, MOST_LISTED);
  const tracks = useTracks(listed);
  const there = listed.filter((id) => tracks.get(id) !== null);
  const queue = there.map((id) => playable(tracks.get(id) ?? { track_id: id }));
  const href = to("playlists", ids.slice(0, MOST_CHOSEN).map((id) => ["track", id]));
  return html`
    <section class="tracks" aria-live="polite">
      <header>
        <h2>${title}</h2>
        ${note && html`<p class="quiet">${note}</p>`}
        <div class="actions">
          ${playlist &&
          ids.length > 0 &&
          html`<a class="button small strong" href=${href}>${t("map.toPlaylist", { count: Math.min(ids.length, MOST_CHOSEN) })}</a>`}
          ${onClear && html`<${Button} small kind="plain" icon="close" onClick=${onClear}>${t("map.clear")}<//>`}
        </div>
      </header>
      ${there.length > 0 &&
      html`<table>
        <caption class="unseen">${title}</caption>
        <colgroup><col class="play" /><col /><col class="share" /></colgroup>
        <thead class="unseen">
          <tr><th>${t("map.play")}</th><th>${t("map.track")}</th><th>${t("map.similarity")}</th></tr>
        </thead>
        <tbody>
          ${there.map(
            (id, index) => html`
              <tr key=${id}>
                <td><${PlayButton} queue=${queue} index=${index} kind="plain" size="small" /></td>
                <td>
                  <button type="button" class="name" onClick=${() => onSelect(id)} title=${t("map.select")}>
                    <strong>${tracks.get(id) ? titleOf(tracks.get(id)) : id}</strong>
                    <span>${tracks.get(id) ? artistOf(tracks.get(id)) : ""}</span>
                  </button>
                </td>
                <td class="numbers quiet">${scores?.has(id) ? percent(scores.get(id)) : ""}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>`}
      ${ids.length > MOST_LISTED && html`<p class="quiet">${t("map.more", { count: ids.length - MOST_LISTED })}</p>`}
    </section>
  `;
}
