// The track under the pointer: what it is called, and after a moment how it sounds.

import { html, useEffect, useRef } from "../html.js";
import { pause, play, playable, usePlayer } from "../player.js";
import { useSession } from "../session.js";
import { artistOf, titleOf } from "../words.js";
import { useTracks } from "./tracks.js";

const HEAR_MILLISECONDS = 600;
const HUSH_MILLISECONDS = 350;
/** Where it begins: what a song is like is seldom heard at its start. */
const BEGIN_SHARE = 0.3;

/**
 * Parameters: map, hovered ({row, left, top} or null), hear (whether it is played), shown (whether it is still where
 * it was hovered: what was clicked goes on to be heard while the map moves to it).
 */
export function Tooltip({ map, hovered, hear, shown }) {
  const id = hovered ? map.ids[hovered.row] : "";
  const track = useTracks(id ? [id] : []).get(id);
  useHearing(hear ? track : null);
  if (!hovered || !shown) return null;
  const style = { left: `${hovered.left}px`, top: `${hovered.top}px` };
  return html`
    <div class="tip" style=${style} role="status">
      <strong>${track ? titleOf(track) : id}</strong>
      ${track && html`<span>${artistOf(track)}</span>`}
    </div>
  `;
}

/** Plays a track that is hovered for a moment, until it is not. */
function useHearing(track) {
  const { mayHear } = useSession();
  const { current } = usePlayer();
  const begun = useRef("");
  const heard = useRef();
  heard.current = current?.id;
  useEffect(() => {
    if (!mayHear) return undefined;
    if (!track) {
      const timer = setTimeout(() => {
        // What the reader has chosen to hear since goes on.
        if (begun.current && begun.current === heard.current) pause();
        begun.current = "";
      }, HUSH_MILLISECONDS);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => {
      begun.current = track.track_id;
      play([playable(track)], 0, { startSeconds: BEGIN_SHARE * (track.duration_seconds ?? 0) });
    }, HEAR_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [track?.track_id, mayHear]);
}
