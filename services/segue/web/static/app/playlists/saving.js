// Keeping a playlist: under a name, in the place of the one that was opened, or as another.

import { html, useId, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { Problem } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { save } from "./store.js";

/** Parameters: trackIds, saved (the one that is open, if any), onSaved(playlist), onClose. */
export function Saving({ trackIds, saved, onSaved, onClose }) {
  const id = useId();
  const own = saved?.own;
  const [name, setName] = useState(saved?.name ?? "");
  const [isPublic, setPublic] = useState(own ? saved.public : false);
  const [error, setError] = useState(null);
  const keep = async (event, under) => {
    event.preventDefault();
    try {
      const kept = await save({ id: under, name: name.trim(), trackIds, isPublic });
      toast(t("playlists.saved", { name: kept.name ?? name }));
      onSaved(kept);
    } catch (refused) {
      setError(refused);
    }
  };
  return html`
    <${Dialog} title=${t("playlists.save")} onClose=${onClose}>
      <form class="saving" onSubmit=${(event) => keep(event, own ? saved.playlist_id : "")}>
        <label for=${id}>${t("playlists.name")}</label>
        <input
          id=${id}
          class="field"
          required
          maxlength="200"
          value=${name}
          onInput=${(event) => setName(event.currentTarget.value)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked=${isPublic}
            onChange=${(event) => setPublic(event.currentTarget.checked)}
          />
          ${t("playlists.public")}
        </label>
        ${error && html`<${Problem} error=${error} />`}
        <div class="actions">
          ${own &&
          html`<${Button} disabled=${!name.trim()} onClick=${(event) => keep(event, "")}>
            ${t("playlists.saveAsNew")}
          <//>`}
          <${Button} kind="strong" type="submit" icon="save" disabled=${!name.trim()}>
            ${t(own ? "playlists.saveOver" : "playlists.save")}
          <//>
        </div>
      </form>
    <//>
  `;
}
