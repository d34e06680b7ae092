// One track of a playlist.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { IconButton } from "../ui/button.js";
import { Cover } from "../ui/cover.js";
import { Icon } from "../ui/icon.js";
import { PlayButton } from "../ui/play-button.js";
import { artistOf, clock, similarity, titleOf } from "../words.js";

/**
 * Parameters: entry (PlaylistTrack), index, rowKey, queue (of the player), crossfadeSeconds, held,
 * shift ({by, dragged} in pixels, while something is dragged), onGrip, onGripKey, onGripDown, onRemove.
 */
export function Row({ entry, index, rowKey, queue, crossfadeSeconds, held, shift, ...does }) {
  const { track, step_similarity: step } = entry;
  const title = titleOf(track);
  const style = shift ? { transform: `translateY(${shift.by}px)` } : undefined;
  return html`
    <li data-key=${rowKey} data-held=${held ? "" : undefined} data-dragged=${shift?.dragged ? "" : undefined} style=${style}>
      <button
        type="button"
        class="grip"
        aria-label=${t("playlists.move", { title })}
        aria-describedby="playlists-how"
        aria-pressed=${held ? "true" : "false"}
        onClick=${does.onGrip}
        onKeyDown=${does.onGripKey}
        onPointerDown=${does.onGripDown}
      >
        <${Icon} name="drag" />
      </button>
      <span class="place numbers quiet" aria-hidden="true">${index + 1}</span>
      <span class="picture"><${Cover} track=${track} /></span>
      <${PlayButton}
        queue=${queue}
        index=${index}
        kind="plain"
        size="small"
        crossfadeSeconds=${crossfadeSeconds}
      />
      <a class="names" href=${to("catalogue", { track: track.track_id })}>
        <span class="title">${title}</span>
        <span class="artist">${artistOf(track)}</span>
      </a>
      <${Step} first=${index === 0} similarity=${step} />
      <span class="quiet numbers">${clock(track.duration_seconds ?? 0)}</span>
      <${IconButton}
        label=${t("playlists.remove", { title })}
        icon="close"
        size="small"
        onClick=${does.onRemove}
      />
    </li>
  `;
}

/** How like the track before it is. */
function Step({ first, similarity: value }) {
  if (first || value === undefined) return html`<span class="step" />`;
  const share = Math.max(0, Math.min(1, value));
  const words = t("playlists.step", { similarity: similarity(value) });
  return html`
    <span class="step" title=${words}>
      <span class="unseen">${words}</span>
      <i aria-hidden="true"><b style=${{ width: `${100 * share}%` }} /></i>
    </span>
  `;
}
