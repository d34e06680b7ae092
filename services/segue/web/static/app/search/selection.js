// A passage of a sound, as it is drawn out by a hand: pure arithmetic, in seconds.

/** Less is not enough for the model to hear anything by. */
export const SHORTEST_SECONDS = 3;
/** More is refused. */
export const LONGEST_SECONDS = 600;
const SUGGESTED_SECONDS = 10;

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

/** Both ends in order, inside the sound, and neither too near nor too far from one another. */
export function fitted({ start, end }, duration) {
  const shortest = Math.min(SHORTEST_SECONDS, duration);
  const [low, high] = start <= end ? [start, end] : [end, start];
  const from = clamp(low, 0, duration - shortest);
  return { start: from, end: clamp(high, from + shortest, Math.min(duration, from + LONGEST_SECONDS)) };
}

/** The same length, elsewhere. */
export function moved({ start, end }, by, duration) {
  const length = end - start;
  const from = clamp(start + by, 0, duration - length);
  return { start: from, end: from + length };
}

/** One end ("start" or "end") put at another time; it stops before the other end. */
export function withEnd(selection, side, seconds, duration) {
  const shortest = Math.min(SHORTEST_SECONDS, duration);
  const { start, end } = selection;
  return side === "start"
    ? { start: clamp(seconds, Math.max(0, end - LONGEST_SECONDS), end - shortest), end }
    : { start, end: clamp(seconds, start + shortest, Math.min(duration, start + LONGEST_SECONDS)) };
}

/** Some ten seconds around a moment. */
export function around(seconds, duration) {
  const length = Math.min(SUGGESTED_SECONDS, duration);
  return moved({ start: 0, end: length }, seconds - length / 2, duration);
}
