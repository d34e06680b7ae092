// A search as the address says it, and as the API is asked for it.
//
// Seeds are written "track:ID", "artist:NAME", "passage:START-END:ID" and "clip:START-END:ID" (a clip's
// times may be absent), times in seconds; those against the search stand under "against".

/** Kinds of seeds that may be a passage of something. */
const RANGED = new Set(["passage", "clip"]);
const KINDS = new Set(["track", "artist", ...RANGED]);

const LEVELS = {
  track: "MATCH_LEVEL_TRACK",
  passage: "MATCH_LEVEL_PASSAGE",
  late: "MATCH_LEVEL_LATE_INTERACTION",
  genre: "MATCH_LEVEL_GENRE_SPACE",
};

export const PAGE_SIZE = 12;

/** The search that an address's parameters (URLSearchParams) name. */
export function readQuery(parameters) {
  return {
    seeds: [
      ...parameters.getAll("for").map((text) => readSeed(text, false)),
      ...parameters.getAll("against").map((text) => readSeed(text, true)),
    ].filter(Boolean),
    any: parameters.get("blend") === "any",
    genres: labels(parameters, "genre"),
    moods: labels(parameters, "mood"),
    descriptors: { wanted: parameters.getAll("descriptor"), unwanted: parameters.getAll("not-descriptor") },
    artists: parameters.getAll("artist"),
    years: range(parameters.get("years")),
    length: range(parameters.get("length")),
    sound: share(parameters.get("sound")),
    listeners: share(parameters.get("listeners")),
    listener: parameters.get("listener") ?? "",
    variety: share(parameters.get("variety")),
    onePerArtist: parameters.get("per-artist") === "1",
    match: Object.hasOwn(LEVELS, parameters.get("match") ?? "") ? parameters.get("match") : "",
    copies: parameters.get("copies") === "all",
  };
}

/** Parameters that name a search; what says nothing is left out, so that addresses stay short. */
export function writeQuery(query) {
  const parameters = new URLSearchParams();
  for (const seed of query.seeds) parameters.append(seed.against ? "against" : "for", writeSeed(seed));
  const set = (name, value) => value !== null && value !== "" && parameters.set(name, value);
  set("blend", query.any ? "any" : "");
  for (const name of ["genre", "mood"]) {
    const { chosen, heard } = query[`${name}s`];
    for (const label of chosen) parameters.append(name, label);
    set(`${name}-source`, heard ? "heard" : "");
  }
  for (const label of query.descriptors.wanted) parameters.append("descriptor", label);
  for (const label of query.descriptors.unwanted) parameters.append("not-descriptor", label);
  for (const artist of query.artists) parameters.append("artist", artist);
  set("years", writeRange(query.years));
  set("length", writeRange(query.length));
  set("sound", query.sound);
  set("listeners", query.listeners || null);
  set("listener", query.listener);
  set("variety", query.variety || null);
  set("per-artist", query.onePerArtist ? "1" : "");
  set("match", query.match);
  set("copies", query.copies ? "all" : "");
  return parameters;
}

/** What seeds can be compared by ("": as the server sees fit), as the server's features allow. */
export function matchesOf(seeds, features) {
  const offered = ["", "track"];
  const alone = seeds.length === 1 && seeds[0].kind !== "artist";
  if (features.has("passages")) offered.push("passage");
  if (features.has("passages") && alone) offered.push("late");
  // A stored passage has no shares of genres of its own; a passage of a clip is heard anew.
  const isOfStored = seeds.some(({ kind }) => kind === "passage");
  if (features.has("genre_space") && !isOfStored) offered.push("genre");
  return offered;
}

/** What a search is compared by: one that its seeds outgrew is left out, not refused. */
export function matchOf({ match, seeds }, features) {
  return matchesOf(seeds, features).includes(match) ? match : "";
}

/**
 * SearchSimilarTracksRequest of a search, for what the server can do (its features). Whose listening counts is for the
 * owner to say: an address that names somebody holds for everybody else without that.
 */
export function requestOf(query, features, { isOwner = false } = {}) {
  const match = matchOf(query, features);
  const ways = query.seeds.filter((seed) => !seed.against).length > 1;
  const request = {
    seeds: query.seeds.map((seed) => ({ seed: seedOf(seed), ...(seed.against && { weight: -1 }) })),
    page_size: PAGE_SIZE,
    view: "TRACK_VIEW_FULL",
    // The genre space knows whole tracks.
    highlight: features.has("passages") && match !== "genre",
    all_copies: query.copies,
    skip_unknown_seeds: true,
    variety: {
      diversity: query.variety ?? 0,
      most_per_artist: query.onePerArtist ? 1 : 0,
    },
  };
  if (ways && query.any) request.seed_strategy = "SEED_STRATEGY_BEST_SCORE";
  if (match) request.match_level = LEVELS[match];
  const filter = filterOf(query);
  if (Object.keys(filter).length) request.filter = filter;
  if (query.sound !== null && features.has("halves") && match !== "genre") {
    request.sound_weight = query.sound;
  }
  if (query.listeners && features.has("collaborative")) {
    request.mix = { weight: query.listeners, user_id: isOwner ? query.listener : "" };
  }
  return request;
}

/** TrackFilter of a search; `without` names a part that is left out ("genres", "moods", "artists", "years", "length"). */
export function filterOf(query, without = "") {
  const filter = {};
  for (const name of ["genres", "moods"]) {
    const { chosen, heard } = query[name];
    if (name === without || !chosen.length) continue;
    filter[name] = {
      any_of: chosen,
      source: heard ? "LABEL_SOURCE_PREDICTED" : "LABEL_SOURCE_GIVEN",
    };
  }
  const { wanted, unwanted } = query.descriptors;
  if (wanted.length || unwanted.length) {
    filter.descriptors = {
      ...(wanted.length && { all_of: wanted }),
      ...(unwanted.length && { none_of: unwanted }),
    };
  }
  if (query.artists.length && without !== "artists") filter.artists = { any_of: query.artists };
  const [from, to] = query.years;
  if (without !== "years" && (from !== null || to !== null)) {
    filter.year = { ...(from !== null && { minimum: from }), ...(to !== null && { maximum: to }) };
  }
  const [shortest, longest] = query.length;
  if (without !== "length" && (shortest !== null || longest !== null)) {
    filter.duration = {
      ...(shortest !== null && { minimum_seconds: shortest }),
      ...(longest !== null && { maximum_seconds: longest }),
    };
  }
  return filter;
}

/** Whether a search is narrowed by anything. */
export function isFiltered(query) {
  return Object.keys(filterOf(query)).length > 0;
}

/** The same search without its filter. */
export function unfiltered(query) {
  const none = ({ heard }) => ({ chosen: [], heard });
  const open = [null, null];
  const labels = { genres: none(query.genres), moods: none(query.moods) };
  return { ...query, ...labels, descriptors: { wanted: [], unwanted: [] }, artists: [], years: open, length: open };
}

/** A seed as its text in an address. */
export function writeSeed({ kind, id, start, end }) {
  if (!RANGED.has(kind)) return `${kind}:${id}`;
  return `${kind}:${start === undefined ? "" : `${tenth(start)}-${tenth(end)}`}:${id}`;
}

function readSeed(text, against) {
  const [, kind, rest] = /^(\w+):([^]*)$/.exec(text) ?? [];
  if (!KINDS.has(kind)) return null;
  if (!RANGED.has(kind)) return { kind, id: rest, against };
  const [, start, end, id] = /^(?:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?))?:([^]*)$/.exec(rest) ?? [];
  if (id === undefined || (kind === "passage" && start === undefined)) return null;
  return start === undefined ? { kind, id, against } : { kind, id, against, start: +start, end: +end };
}

/** A seed as the API takes it; the server fills in the bytes of a clip. */
export function seedOf({ kind, id, start, end }) {
  if (kind === "track") return { track_id: id };
  if (kind === "artist") return { artist: id };
  const times = start === undefined ? {} : { start_seconds: start, length_seconds: tenth(end - start) };
  return kind === "clip" ? { clip: { clip_id: id, ...times } } : { passage: { track_id: id, ...times } };
}

function labels(parameters, name) {
  return {
    chosen: parameters.getAll(name),
    heard: parameters.get(`${name}-source`) === "heard",
  };
}

function range(text) {
  const [, from, to] = /^(\d*)-(\d*)$/.exec(text ?? "") ?? [];
  return [from, to].map((side) => (side ? Number(side) : null));
}

function writeRange([from, to]) {
  return from === null && to === null ? "" : `${from ?? ""}-${to ?? ""}`;
}

function share(text) {
  const value = text === null || text === "" ? NaN : Number(text);
  return value >= 0 && value <= 1 ? value : null;
}

const tenth = (seconds) => Math.round(10 * seconds) / 10;
