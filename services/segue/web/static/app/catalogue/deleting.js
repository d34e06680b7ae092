// Deleting tracks, after asking.

import { call } from "../api.js";
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { slices } from "../playlists/slices.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { Problem } from "../ui/problem.js";
import { toast } from "../ui/toast.js";

/** Parameters: ids, title (of the only track, when there is one), onDeleted(ids), onClose. */
export function Deleting({ ids, title, onDeleted, onClose }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    setError(null);
    try {
      for (const slice of slices(ids)) await call("tracks:delete", { json: { track_ids: slice } });
      toast(t("catalogue.deleted", { count: ids.length }));
      onDeleted(ids);
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  const what = title ?? t("catalogue.tracks", { count: ids.length });
  return html`
    <${Dialog} title=${t("catalogue.deleteAsk", { what })} onClose=${onClose}>
      <p>${t("catalogue.deleteMeans")}</p>
      ${error && html`<${Problem} error=${error} />`}
      <div class="actions">
        <${Button} kind="plain" onClick=${onClose}>${t("catalogue.keep")}<//>
        <${Button} kind="danger" icon="delete" disabled=${busy} onClick=${remove}>
          ${t("catalogue.delete")}
        <//>
      </div>
    <//>
  `;
}
