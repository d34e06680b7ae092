// What the table is narrowed down to, as the address says it: as in search, and by words.

import { filterOf, isFiltered, readQuery, writeQuery } from "../search/query.js";

/** Parameters of an address that narrow a listing down; the same as those of a search. */
export const FILTER_NAMES = [
  "genre",
  "genre-source",
  "mood",
  "mood-source",
  "descriptor",
  "not-descriptor",
  "artist",
  "years",
  "length",
];

/** The changes of an address's parameters that change a filter as `Filters` of search tells it. */
export function filterChanges(parameters, changes) {
  const written = writeQuery({ ...readQuery(parameters), ...changes, seeds: [] });
  return Object.fromEntries(FILTER_NAMES.map((name) => [name, written.getAll(name)]));
}

/** TrackFilter of the parameters; null where they ask for nothing. */
export function trackFilter(parameters) {
  const query = readQuery(parameters);
  return isFiltered(query) ? filterOf(query) : null;
}

/** Whether anything narrows the table down. */
export function narrowed(parameters) {
  return Boolean(parameters.get("words")) || trackFilter(parameters) !== null;
}
