// When a track counts as heard, from what the player tells as it plays.

/** Half of a track, or half a minute. */
const ENOUGH_SECONDS = 30;
/** Ticks of the player lie closer together than this; what lies further apart was jumped over. */
const LONGEST_TICK_SECONDS = 2;

/**
 * A listener for the player's `watch`: calls `onHeard(track id)` once for each time that enough of a track
 * was heard, wherever in it.
 */
export function counted(onHeard) {
  let [entry, heard, last, told] = [null, 0, 0, false];
  return ({ current, seconds, duration }) => {
    if (current !== entry) [entry, heard, last, told] = [current, 0, seconds, false];
    const tick = seconds - last;
    last = seconds;
    if (tick > 0 && tick < LONGEST_TICK_SECONDS) heard += tick;
    if (told || !current?.track || !duration) return;
    told = heard >= Math.min(ENOUGH_SECONDS, duration / 2);
    if (told) onHeard(current.track.track_id);
  };
}
