// How many tracks have which label.

import { call } from "../api.js";
import { makeCache } from "../cache.js";
import { current } from "../route.js";

/** Answers are asked for by several lists at once, and again on the way back. */
const asked = makeCache(30);
const STALE_MILLISECONDS = 30_000;

/** ListFacetsResponse under a TrackFilter (as JSON), with all labels there are. */
export function facetsOf(filter) {
  const kept = asked.get(filter);
  if (kept && performance.now() - kept.at < STALE_MILLISECONDS) return kept.answer;
  const answer = allFacets(filter);
  answer.catch(() => asked.delete(filter));
  asked.set(filter, { answer, at: performance.now() });
  return answer;
}

/** ListFacetsResponse of the whole catalogue. */
export function catalogueFacets() {
  return facetsOf("{}");
}

const LISTS = ["genres", "moods", "predicted_genres", "predicted_moods", "predicted_descriptors"];

/** The first page has all labels of all but the strangest catalogues; each further one goes on in every list. */
async function allFacets(filter) {
  const query = new URLSearchParams(filter === "{}" ? {} : { filter });
  const { catalogue } = current();
  const all = await call(`facets?${query}`, { catalogue });
  for (let token = all.next_page_token; token; ) {
    query.set("page_token", token);
    const page = await call(`facets?${query}`, { catalogue });
    for (const list of LISTS) all[list] = [...(all[list] ?? []), ...(page[list] ?? [])];
    token = page.next_page_token;
  }
  return all;
}
