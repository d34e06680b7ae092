// The playlists that are kept: opened, renamed, deleted, used as seeds.

import { html, useId, useState } from "../html.js";
import { language, t } from "../i18n.js";
import { to } from "../route.js";
import { useSession } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { NotAllowed } from "../ui/not-allowed.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { clock } from "../words.js";
import { listSaved, openSaved, remove, save } from "./store.js";

/** All playlists that the reader may open. */
export function Saved() {
  const { mayHear, known } = useSession();
  const { value, error, reload } = useAnswer((signal) => (mayHear ? listSaved(signal) : []), [mayHear]);
  const [asked, ask] = useState(null);
  if (known && !mayHear) {
    return html`<${NotAllowed} icon="list" title=${t("playlists.guestsKeepNone")} />`;
  }
  if (error) return html`<${Problem} error=${error} onRetry=${reload} />`;
  if (!value) return html`<${Skeletons} />`;
  if (!value.length) {
    return html`<${Empty} icon="list" title=${t("playlists.noneSaved")}>
      <p>${t("playlists.noneSavedNext")}</p>
    <//>`;
  }
  const done = () => (ask(null), reload());
  return html`
    <ul class="saved">
      ${value.map(
        (playlist) => html`<${One} key=${playlist.playlist_id} playlist=${playlist} onAsk=${ask} />`,
      )}
    </ul>
    ${asked?.rename && html`<${Rename} playlist=${asked.rename} onDone=${done} onClose=${() => ask(null)} />`}
    ${asked?.remove && html`<${Remove} playlist=${asked.remove} onDone=${done} onClose=${() => ask(null)} />`}
  `;
}

function One({ playlist, onAsk }) {
  const { playlist_id: id, name, owner, own, tracks, duration_seconds: seconds, changed_at: changed } = playlist;
  const facts = [
    t("catalogue.tracks", { count: tracks }),
    clock(seconds),
    new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(changed)),
    own ? playlist.public && t("playlists.isPublic") : t("playlists.by", { owner: owner || t("playlists.theOwner") }),
  ].filter(Boolean);
  return html`
    <li class="panel">
      <a class="names" href=${to("playlists", { saved: id })}>
        <span class="title">${name}</span>
        <span class="artist">${facts.join(" · ")}</span>
      </a>
      <div class="actions">
        <a class="button small" href=${to("playlists", { for: `playlist:${id}` })}>${t("playlists.moreLikeIt")}</a>
        ${own &&
        html`
          <${Button} small icon="edit" onClick=${() => onAsk({ rename: playlist })}>
            ${t("playlists.rename")}<span class="unseen"> ${name}</span>
          <//>
          <${Button} small kind="danger" icon="delete" onClick=${() => onAsk({ remove: playlist })}>
            ${t("catalogue.delete")}<span class="unseen"> ${name}</span>
          <//>
        `}
      </div>
    </li>
  `;
}

function Rename({ playlist, onDone, onClose }) {
  const id = useId();
  const [name, setName] = useState(playlist.name);
  const [error, setError] = useState(null);
  const rename = async (event) => {
    event.preventDefault();
    try {
      const { track_ids: trackIds, public: isPublic } = await openSaved(playlist.playlist_id);
      await save({ id: playlist.playlist_id, name: name.trim(), trackIds, isPublic });
      onDone();
    } catch (refused) {
      setError(refused);
    }
  };
  return html`
    <${Dialog} title=${t("playlists.rename")} onClose=${onClose}>
      <form class="saving" onSubmit=${rename}>
        <label for=${id}>${t("playlists.name")}</label>
        <input
          id=${id}
          class="field"
          required
          maxlength="200"
          value=${name}
          onInput=${(event) => setName(event.currentTarget.value)}
        />
        ${error && html`<${Problem} error=${error} />`}
        <div class="actions">
          <${Button} kind="strong" type="submit" disabled=${!name.trim()}>${t("playlists.rename")}<//>
        </div>
      </form>
    <//>
  `;
}

function Remove({ playlist, onDone, onClose }) {
  const [error, setError] = useState(null);
  const gone = () => {
    toast(t("playlists.deleted", { name: playlist.name }));
    onDone();
  };
  return html`
    <${Dialog} title=${t("playlists.deleteAsk", { name: playlist.name })} onClose=${onClose}>
      <p>${t("playlists.deleteMeans")}</p>
      ${error && html`<${Problem} error=${error} />`}
      <div class="actions">
        <${Button} kind="plain" onClick=${onClose}>${t("catalogue.keep")}<//>
        <${Button} kind="danger" onClick=${() => remove(playlist.playlist_id).then(gone, setError)}>
          ${t("catalogue.delete")}
        <//>
      </div>
    <//>
  `;
}
