// Tracks and clips that the page has seen already, so that chips have names at once.

import { useMemo } from "../html.js";
import { call } from "../api.js";
import { makeCache } from "../cache.js";
import { useAnswer } from "../ui/answer.js";

const known = makeCache(2_000);

/** Keep what an answer said of tracks. */
export function remember(tracks) {
  for (const track of tracks) known.set(keyOf("track", track.track_id), track);
}

/** Keep what the answer to a clip said of it. */
export function rememberClip(clip) {
  known.set(keyOf("clip", clip.clip_id), clip);
}

/** What is known of what seeds name: `of(seed)` gives a Track, a clip, or undefined. */
export function useKnown(seeds) {
  const keys = seeds.filter(({ kind }) => kind !== "artist").map(({ kind, id }) => keyOf(kind, id));
  const missing = keys.filter((key) => !known.has(key));
  const { value } = useAnswer((signal) => learn(missing, signal), [missing.join("\n")]);
  return useMemo(
    () => ({ of: ({ kind, id }) => known.get(keyOf(kind, id)) }),
    [keys.join("\n"), value],
  );
}

/** A new object for every answer, so that whoever waits for it is drawn anew. */
async function learn(keys, signal) {
  const ids = (kind) => keys.filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length));
  const asked = ids("clip:").map((id) => call(`clips/${encodeURIComponent(id)}`, { signal }).then(rememberClip));
  if (ids("track:").length) {
    const json = { track_ids: ids("track:"), view: "TRACK_VIEW_FULL" };
    asked.push(call("tracks:get", { json, signal }).then(({ tracks = [] }) => remember(tracks)));
  }
  // What is not there any more keeps its id for a name; the search says what is wrong with it.
  await Promise.allSettled(asked);
  return {};
}

const keyOf = (kind, id) => `${kind === "clip" ? "clip" : "track"}:${id}`;
