// How many tracks have which label.

import { call } from "../api.js";
import { makeCache } from "../cache.js";

const ASKED = 60;

/** Answers are asked for by several lists at once, and again on the way back. */
const asked = makeCache(30);
const STALE_MILLISECONDS = 30_000;

/** ListFacetsResponse under a TrackFilter (as JSON). */
export function facetsOf(filter) {
  const kept = asked.get(filter);
  if (kept && performance.now() - kept.at < STALE_MILLISECONDS) return kept.answer;
  const query = new URLSearchParams({ page_size: ASKED });
  if (filter !== "{}") query.set("filter", filter);
  const answer = call(`facets?${query}`);
  answer.catch(() => asked.delete(filter));
  asked.set(filter, { answer, at: performance.now() });
  return answer;
}

/** ListFacetsResponse of the whole catalogue. */
export function catalogueFacets() {
  return facetsOf("{}");
}
