// Playlists that are kept.

import { call } from "../api.js";

/** All that the reader may open: [{playlist_id, name, ...}]. */
export async function listSaved(signal) {
  return (await call("playlists", { signal })).playlists ?? [];
}

/** One of them: {playlist_id, name, track_ids, ...}. */
export async function openSaved(id, signal) {
  const answer = await call(path(id), { signal });
  const playlist = answer.playlist ?? answer;
  return { ...playlist, track_ids: playlist.track_ids ?? [] };
}

/** Keep a list under a name, as a new one or in the place of `id`; as it is kept then. */
export async function save({ id, name, trackIds }) {
  const json = { name, track_ids: trackIds };
  const answer = id ? await call(path(id), { method: "PUT", json }) : await call("playlists", { json });
  return answer.playlist ?? answer;
}

export function remove(id) {
  return call(path(id), { method: "DELETE" });
}

function path(id) {
  return `playlists/${encodeURIComponent(id)}`;
}
