// The same recording several times: shown together, so that one can choose what stays.

import { call } from "../api.js";
import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { playable } from "../player.js";
import { to } from "../route.js";
import { useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { Pager } from "../ui/pager.js";
import { usePages } from "../ui/pages.js";
import { PlayButton } from "../ui/play-button.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { artistOf, clock, fullTitle, titleOf } from "../words.js";
import { Deleting } from "./deleting.js";

/** Groups of tracks that are the same recording. */
export function Duplicates() {
  const [deleting, setDeleting] = useState(null);
  const pages = usePages(page, [], ({ recording, tracks }) =>
    [recording, ...tracks.map(({ track_id: id }) => id)].join(),
  );
  const { first, error } = pages;
  if (!first) return error ? html`<${Problem} error=${error} onRetry=${pages.reload} />` : html`<${Skeletons} />`;
  if (!first.total_groups) {
    return html`<${Empty} icon="copies" title=${t("catalogue.noDuplicates")}>
      <p>${t("catalogue.noDuplicatesNext")}</p>
    <//>`;
  }
  const groups = joined(pages.items);
  return html`
    <p role="status">${t("catalogue.duplicateGroups", { count: first.total_groups })}</p>
    <ul class="groups">
      ${groups.map(
        (group) => html`<${Group} key=${group.recording} group=${group} onDelete=${setDeleting} />`,
      )}
    </ul>
    ${error && html`<${Problem} error=${error} />`}
    <${Pager} shown=${groups.length} more=${pages.more} loading=${pages.loading} onMore=${pages.loadMore} />
    ${deleting &&
    html`<${Deleting}
      ids=${[deleting.track_id]}
      title=${fullTitle(deleting)}
      onClose=${() => setDeleting(null)}
      onDeleted=${() => (setDeleting(null), pages.reload())}
    />`}
  `;
}

function Group({ group, onDelete }) {
  const { isOwner } = useSession();
  const { tracks, same_content: same } = group;
  return html`
    <li class="panel">
      <p class="quiet">${t(same ? "catalogue.sameFile" : "catalogue.sameRecording")}</p>
      <ul class="copies">
        ${tracks.map(
          (track) => html`
            <li key=${track.track_id}>
              <${PlayButton} queue=${[playable(track)]} kind="plain" size="small" />
              <a class="names" href=${to("catalogue", { track: track.track_id })}>
                <span class="title">${titleOf(track)}</span>
                <span class="artist">${artistOf(track)} · ${track.track_id}</span>
              </a>
              <span class="quiet numbers">${clock(track.duration_seconds ?? 0)}</span>
              ${isOwner &&
              html`<${Button} small kind="plain" icon="delete" onClick=${() => onDelete(track)}>
                ${t("catalogue.delete")}<span class="unseen"> ${track.track_id}</span>
              <//>`}
            </li>
          `,
        )}
      </ul>
    </li>
  `;
}

async function page(token, signal) {
  const query = new URLSearchParams(token ? { page_token: token } : {});
  const answer = await call(`duplicates?${query}`, { signal });
  return { ...answer, items: answer.groups ?? [] };
}

/** A group that one page does not hold goes on on the next one. */
function joined(groups) {
  const result = [];
  for (const group of groups) {
    const before = result.findIndex(({ recording }) => recording === group.recording);
    if (before < 0) result.push(group);
    else result[before] = { ...group, tracks: [...result[before].tracks, ...group.tracks] };
  }
  return result;
}
