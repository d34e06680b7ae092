// The filter of the table as the address says it, and as the API takes it.

/** Names of the parameters that narrow the table down. */
export const FILTER_NAMES = ["words", "genre", "mood", "artist", "from", "to"];

/** TrackFilter of the parameters; null where they ask for nothing. */
export function filterOf(parameters) {
  const filter = {};
  const side = { genre: "genres", mood: "moods", artist: "artists" };
  for (const [name, field] of Object.entries(side)) {
    const labels = parameters.getAll(name).filter(Boolean);
    if (labels.length) filter[field] = { any_of: labels };
  }
  const year = { minimum: whole(parameters.get("from")), maximum: whole(parameters.get("to")) };
  if (year.minimum !== undefined || year.maximum !== undefined) filter.year = year;
  return Object.keys(filter).length ? filter : null;
}

function whole(text) {
  return /^\d{1,4}$/.test(text ?? "") ? Number(text) : undefined;
}

/** Whether anything narrows the table down. */
export function narrowed(parameters) {
  return FILTER_NAMES.some((name) => parameters.get(name));
}
