// Tracks that the page has seen already, so that chips have names at once.

import { useMemo } from "../html.js";
import { call } from "../api.js";
import { useAnswer } from "../ui/answer.js";

const MOST = 2_000;
const known = new Map();

/** Keep what an answer said of tracks. */
export function remember(tracks) {
  for (const track of tracks) {
    known.delete(track.track_id);
    known.set(track.track_id, track);
  }
  for (const id of known.keys()) {
    if (known.size <= MOST) break;
    known.delete(id);
  }
}

/** Map from id to Track, of those ids that the catalogue has; those that are not known yet are asked for. */
export function useTracks(ids) {
  const missing = ids.filter((id) => !known.has(id));
  const { value } = useAnswer(
    async (signal) => {
      if (!missing.length) return null;
      const json = { track_ids: missing, view: "TRACK_VIEW_FULL" };
      const { tracks = [] } = await call("tracks:get", { json, signal });
      remember(tracks);
      return tracks;
    },
    [missing.join("\n")],
  );
  return useMemo(() => new Map(ids.map((id) => [id, known.get(id)])), [ids.join("\n"), value]);
}
