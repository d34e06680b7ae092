// The map as the API gives it, as typed arrays; and what is known of the one that is being made.

import { call } from "../api.js";

export const LAYOUTS = ["tsne", "pca"];

/**
 * {version, ids, rows (Map of id to row), x, y (Float32Array), genre, mood, artist ({values, codes}: 0 is none,
 * else 1 + the place in values), years (Uint16Array), levels (Uint8Array, or null: of the label), lacking (the label that
 * was asked for and that no track has, or "")}.
 */
export async function loadMap(layout, label, signal) {
  const query = new URLSearchParams({ layout, ...(label && { label }) });
  let columns;
  try {
    columns = await call(`map?${query}`, { signal });
  } catch (error) {
    // What the label was given to or heard in may be gone since the address was made.
    if (!label || error.reason !== "INVALID_ARGUMENT") throw error;
    return { ...(await loadMap(layout, "", signal)), lacking: label };
  }
  const ids = columns.track_ids;
  const coded = (values, codes) => ({ values, codes: Uint32Array.from(codes) });
  return {
    version: columns.version,
    layout,
    label,
    ids,
    rows: new Map(ids.map((id, row) => [id, row])),
    x: Float32Array.from(columns.x),
    y: Float32Array.from(columns.y),
    genre: coded(columns.genres, columns.genre_codes),
    mood: coded(columns.moods, columns.mood_codes),
    artist: coded(columns.artists, columns.artist_codes),
    years: Uint16Array.from(columns.years),
    levels: label ? Uint8Array.from(columns.labels[label] ?? []) : null,
    lacking: "",
  };
}

/** GetMapInfoResponse. */
export function loadInfo(signal) {
  return call("map/info", { signal });
}

/** Have the map made again. */
export function rebuild() {
  return call("map:rebuild", { json: {} });
}
