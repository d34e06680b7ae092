// Playlists that are kept.

import { call } from "../api.js";

/** All that the reader may open: [{playlist_id, name, ...}]. */
export async function listSaved(signal) {
  return (await call("playlists", { signal })).playlists;
}

/** One of them: {playlist_id, name, owner, public, track_ids, ...}. */
export function openSaved(id, signal) {
  return call(path(id), { signal });
}

/** Keep a list under a name, as a new one or in the place of `id`; the answer is it as it is kept. */
export function save({ id, name, trackIds, isPublic = false }) {
  const json = { name, track_ids: trackIds, public: isPublic };
  return id ? call(path(id), { method: "PUT", json }) : call("playlists", { json });
}

export function remove(id) {
  return call(path(id), { method: "DELETE" });
}

function path(id) {
  return `playlists/${encodeURIComponent(id)}`;
}
