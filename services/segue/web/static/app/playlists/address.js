// A playlist as the address says it, and as the API is asked for it.
//
// As in search, seeds are written "track:ID" and "artist:NAME" under "for" and "against"; a playlist that
// was saved is "playlist:ID". What the reader made by hand stands there track by track.

import { filterOf, readQuery } from "../search/query.js";

const MOST_TRACKS = 500;
const MOST_MINUTES = 1_440;
const KINDS = new Set(["track", "artist", "playlist"]);

/** What the parameters of an address ask for. */
export function readPlan(parameters) {
  const mode = ["path", "saved"].find((name) => name === parameters.get("mode")) ?? "seeds";
  return {
    mode,
    seeds: [
      ...parameters.getAll("for").map((text) => readSeed(text, false)),
      ...parameters.getAll("against").map((text) => readSeed(text, true)),
    ].filter(Boolean),
    any: parameters.get("blend") === "any",
    tracks: whole(parameters.get("tracks"), 1, MOST_TRACKS),
    minutes: whole(parameters.get("minutes"), 1, MOST_MINUTES),
    energy: numbers(parameters.get("energy")),
    through: parameters.getAll("through"),
    perArtist: whole(parameters.get("per-artist"), 0, 100),
    withSeeds: parameters.get("with-seeds") === "1",
    random: whole(parameters.get("random"), 0, Number.MAX_SAFE_INTEGER) ?? 0,
    from: parameters.get("from") ?? "",
    to: parameters.get("to") ?? "",
    list: parameters.getAll("track"),
    saved: parameters.get("saved") ?? "",
    narrow: readQuery(parameters),
  };
}

/** A seed as its text in an address. */
export function writeSeed({ kind, id }) {
  return `${kind}:${id}`;
}

function readSeed(text, against) {
  const [, kind, id] = /^(\w+):([^]+)$/.exec(text) ?? [];
  return KINDS.has(kind) ? { kind, id, against } : null;
}

function whole(text, least, most) {
  const value = /^\d+$/.test(text ?? "") ? Number(text) : null;
  return value !== null && value >= least && value <= most ? value : null;
}

function numbers(text) {
  const values = (text ?? "").split(",").map(Number);
  const proper = values.length >= 2 && values.every((one) => one >= 0 && one <= 1);
  return text && proper ? values : null;
}

/** Whether there is enough to make a playlist of. */
export function isComplete(plan) {
  if (plan.list.length || plan.saved) return true;
  if (plan.mode === "path") return Boolean(plan.from && plan.to);
  return plan.mode === "seeds" && plan.seeds.some(({ against }) => !against);
}

/**
 * BuildPlaylistRequest of a plan.
 *
 * @param {Set<string>} features - of the server
 * @param {Map<string, string[]>} playlists - track ids of the saved playlists among the seeds
 */
export function buildRequest(plan, features, playlists) {
  const { seeds, narrow } = plan;
  const request = {
    seeds: seeds.map((seed) => ({
      seed: seedOf(seed, playlists),
      ...(seed.against && { weight: -1 }),
    })),
    skip_unknown_seeds: true,
    with_seeds: plan.withSeeds,
    random_seed: String(plan.random),
    ...(plan.minutes ? { minutes: plan.minutes } : { tracks: plan.tracks ?? 20 }),
  };
  if (plan.any) request.seed_strategy = "SEED_STRATEGY_BEST_SCORE";
  if (plan.perArtist !== null) request.variety = { most_per_artist: plan.perArtist };
  if (plan.energy) request.contour = { energy: { targets: plan.energy } };
  else if (plan.through.length >= 2) request.contour = { genre: { genres: plan.through } };
  return narrowed(request, narrow, features);
}

/** FindPathRequest of a plan. */
export function pathRequest(plan, features) {
  const request = {
    from_track_id: plan.from,
    to_track_id: plan.to,
    tracks: Math.min(Math.max(plan.tracks ?? 10, 2), 100),
    most_per_artist: plan.perArtist ?? 0,
    random_seed: String(plan.random),
  };
  return narrowed(request, plan.narrow, features);
}

function narrowed(request, narrow, features) {
  const filter = filterOf(narrow);
  if (Object.keys(filter).length) request.filter = filter;
  if (narrow.sound !== null && features.has("halves")) request.sound_weight = narrow.sound;
  return request;
}

function seedOf({ kind, id }, playlists) {
  if (kind === "artist") return { artist: id };
  if (kind === "playlist") return { playlist: { track_ids: playlists.get(id) } };
  return { track_id: id };
}
