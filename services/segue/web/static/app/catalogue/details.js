// Beside the table: everything that is known of one track, and its corrections.

import { call } from "../api.js";
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { likely } from "../likely.js";
import { playable } from "../player.js";
import { to } from "../route.js";
import { useSession } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { Button, IconButton } from "../ui/button.js";
import { Genres, HeardShares } from "../ui/composition.js";
import { Cover } from "../ui/cover.js";
import { PlayButton } from "../ui/play-button.js";
import { Problem, Skeletons } from "../ui/problem.js";
import { artistOf, fullTitle, titleOf } from "../words.js";
import { Deleting } from "./deleting.js";
import { Facts } from "./facts.js";
import { Fields } from "./fields-list.js";
import { Form } from "./form.js";

/** Parameters: trackId, onClose, onChanged(track), onDeleted. */
export function Details({ trackId, onClose, onChanged, onDeleted }) {
  const path = `tracks/${encodeURIComponent(trackId)}`;
  const { value, error, reload } = useAnswer(
    (signal) => call(`${path}?view=TRACK_VIEW_FULL`, { signal }),
    [trackId],
  );
  const track = value?.track;
  return html`
    <aside
      class="details panel"
      aria-label=${t("catalogue.details")}
      onKeyDown=${(event) => event.key === "Escape" && !event.target.closest("dialog") && onClose()}
    >
      <${IconButton}
        class="leave"
        label=${t("catalogue.closeDetails")}
        icon="close"
        size="small"
        onClick=${onClose}
      />
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!track && !error && html`<${Skeletons} count=${4} height="4rem" />`}
      ${track &&
      html`<${Known}
        track=${track}
        onChanged=${(changed) => (onChanged(changed), reload())}
        onReload=${reload}
        onDeleted=${onDeleted}
      />`}
    </aside>
  `;
}

function Known({ track, onChanged, onReload, onDeleted }) {
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const { isOwner } = useSession();
  const saved = (changed) => (setEditing(false), onChanged(changed));
  return html`
    <header>
      <${Cover} track=${track} size=${320} />
      <div>
        <h2>${titleOf(track)}</h2>
        <p class="quiet">${artistOf(track)}</p>
      </div>
    </header>
    <div class="actions">
      <${PlayButton} queue=${[playable(track)]} />
      <a class="button small" href=${to("search", { for: `track:${track.track_id}` })}>
        ${t("catalogue.similar")}
      </a>
      <a class="button small" href=${to("playlists", { for: `track:${track.track_id}` })}>
        ${t("catalogue.seedPlaylist")}
      </a>
    </div>
    ${track.damage && html`<p class="damage"><strong>${t("catalogue.damaged")}</strong> ${track.damage}</p>`}
    ${editing
      ? html`<${Form}
          track=${track}
          onSaved=${saved}
          onReload=${onReload}
          onCancel=${() => setEditing(false)}
        />`
      : html`<${Fields} track=${track} isOwner=${isOwner} onChanged=${onChanged} onReload=${onReload} />`}
    ${isOwner
      ? !editing &&
        html`<div class="actions">
          <${Button} icon="edit" onClick=${() => setEditing(true)}>${t("catalogue.edit")}<//>
          <${Button} kind="danger" icon="delete" onClick=${() => setDeleting(true)}>
            ${t("catalogue.delete")}
          <//>
        </div>`
      : html`<p class="quiet">${t("catalogue.ownerEdits")}</p>`}
    <${Heard} track=${track} />
    <${Facts} track=${track} />
    ${deleting &&
    html`<${Deleting}
      ids=${[track.track_id]}
      title=${fullTitle(track)}
      onClose=${() => setDeleting(false)}
      onDeleted=${onDeleted}
    />`}
  `;
}

function Heard({ track }) {
  const { predicted_genres: genres = [], predicted_moods: moods = [] } = track;
  const { predicted_descriptors: descriptors = [] } = track;
  if (!genres.length && !moods.length && !descriptors.length) return null;
  const named = likely("moods", moods);
  return html`
    <section>
      <h3>${t("catalogue.heard")}</h3>
      <${Genres} heard=${genres} named=${5} />
      ${named.length > 0 &&
      html`<p class="quiet">${named.slice(0, 5).map(({ label }) => label).join(", ")}</p>`}
      <${HeardShares} heard=${descriptors} />
    </section>
  `;
}
