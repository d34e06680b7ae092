// What is known of tracks of the map, asked for by the page-load and kept while it is open.

import { useEffect, useState } from "../html.js";
import { call } from "../api.js";
import { makeCache } from "../cache.js";

const known = makeCache(5_000);

/** Tracks by id: those that are known at once, the others once they are; null: the catalogue has it no more. */
export function useTracks(ids) {
  const [, draw] = useState();
  const missing = ids.filter((id) => !known.has(id));
  const key = missing.join("\n");
  useEffect(() => {
    if (!missing.length) return undefined;
    const control = new AbortController();
    fetchTracks(missing, control.signal).then(
      () => draw({}),
      () => {}, // the list shows ids, and the page says elsewhere that nothing answers
    );
    return () => control.abort();
  }, [key]);
  return new Map(ids.filter((id) => known.has(id)).map((id) => [id, known.get(id)]));
}

async function fetchTracks(ids, signal) {
  const { tracks = [] } = await call("tracks:get", { json: { track_ids: ids }, signal });
  for (const id of ids) known.set(id, null);
  for (const track of tracks) known.set(track.track_id, track);
}
