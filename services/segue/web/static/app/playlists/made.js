// The playlist that an address asks for: built, found as a path, opened, or put together by hand.

import { call } from "../api.js";
import { useRef } from "../html.js";
import { useServer } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { buildRequest, isComplete, pathRequest } from "./address.js";
import { MOST_AT_ONCE, slices, spread } from "./slices.js";
import { openSaved } from "./store.js";

/**
 * {value, error, loading, reload, learn}; its value is null where nothing is asked for yet, else
 * {tracks: PlaylistTrack[], properties, shortfall, unevenness, unknownSeeds, missing, name, saved}.
 *
 * A list that the reader changes stands there at once, before the API says how its steps are; `learn`
 * tells of a track that is about to enter it.
 */
export function usePlaylist(plan) {
  const server = useServer();
  const seen = useRef(new Map());
  const ready = server !== null && isComplete(plan);
  const answer = useAnswer(
    (signal) => (ready ? make(plan, server.features, signal) : null),
    [ready, JSON.stringify(plan)],
  );
  for (const { track } of answer.value?.tracks ?? []) seen.current.set(track.track_id, track);
  const learn = (track) => seen.current.set(track.track_id, track);
  const value = (answer.loading && foreseen(plan.list, answer.value, seen.current)) || answer.value;
  return { ...answer, value, learn };
}

/** The list of ids as far as it is known before it is asked for; null where some track of it is not. */
function foreseen(ids, before, seen) {
  if (!ids.length || !before || !ids.every((id) => seen.has(id))) return null;
  return { ...before, shortfall: "", missing: 0, tracks: ids.map((id) => ({ track: seen.get(id) })) };
}

async function make(plan, features, signal) {
  const saved = plan.saved ? await openSaved(plan.saved, signal) : null;
  const ids = plan.list.length ? plan.list : saved?.track_ids;
  if (ids) return { ...(await described(ids, signal)), name: saved?.name ?? "", saved };
  const path = plan.mode === "path";
  const json = path ? pathRequest(plan, features) : await seeded(plan, features, signal);
  const answer = await call(path ? "paths:find" : "playlists:build", { json, signal });
  return {
    tracks: answer.tracks ?? [],
    properties: answer.properties,
    shortfall: answer.shortfall,
    unevenness: answer.unevenness,
    unknownSeeds: answer.unknown_seeds ?? [],
    name: "",
  };
}

async function seeded(plan, features, signal) {
  const playlists = new Map();
  for (const { kind, id } of plan.seeds) {
    if (kind === "playlist") playlists.set(id, spread((await openSaved(id, signal)).track_ids));
  }
  return buildRequest(plan, features, playlists);
}

/**
 * A list of ids as a playlist; those that the catalogue has no more are left out, and counted. What a list is like as a
 * whole is not known of a very long one.
 */
export async function described(ids, signal) {
  if (!ids.length) return { tracks: [], properties: null, missing: 0 };
  const tracks = new Map();
  for (const slice of slices([...new Set(ids)])) {
    const found = await call("tracks:get", { json: { track_ids: slice }, signal });
    for (const track of found.tracks ?? []) tracks.set(track.track_id, track);
  }
  const there = ids.filter((id) => tracks.has(id));
  const missing = ids.length - there.length;
  if (!there.length || there.length > MOST_AT_ONCE) {
    return { tracks: there.map((id) => ({ track: tracks.get(id) })), properties: null, missing };
  }
  const answer = await call("playlists:describe", { json: { track_ids: there }, signal });
  return {
    tracks: there.map((id, index) => ({
      track: tracks.get(id),
      step_similarity: answer.step_similarities?.[index],
    })),
    properties: answer.properties,
    missing,
  };
}
