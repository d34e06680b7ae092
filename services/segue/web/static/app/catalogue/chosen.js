// What can be done with the tracks that were chosen in the table.

import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { Button } from "../ui/button.js";
import { Deleting } from "./deleting.js";

/** Tracks that an address carries well. */
const MOST_IN_PLAYLIST = 500;

/** Parameters: ids, isOwner, onDeleted(ids), onClear. */
export function Chosen({ ids, isOwner, onDeleted, onClear }) {
  const [asking, setAsking] = useState(false);
  const list = ids.slice(0, MOST_IN_PLAYLIST).map((id) => ["track", id]);
  return html`
    <div class="chosen panel" role="region" aria-label=${t("catalogue.chosen", { count: ids.length })}>
      <strong role="status">${t("catalogue.chosen", { count: ids.length })}</strong>
      <a class="button small" href=${to("playlists", list)}>
        ${t(ids.length > MOST_IN_PLAYLIST ? "catalogue.firstAsPlaylist" : "catalogue.asPlaylist", {
          count: MOST_IN_PLAYLIST,
        })}
      </a>
      ${isOwner &&
      html`<${Button} small kind="danger" icon="delete" onClick=${() => setAsking(true)}>
        ${t("catalogue.delete")}
      <//>`}
      <${Button} small kind="plain" onClick=${onClear}>${t("catalogue.chooseNone")}<//>
      ${asking &&
      html`<${Deleting}
        ids=${ids}
        onClose=${() => setAsking(false)}
        onDeleted=${(gone) => (setAsking(false), onDeleted(gone))}
      />`}
    </div>
  `;
}
