// Dead letters: tracks whose ingest failed for good.

import { call } from "../api.js";

const PAGE = 100;

/** A page of dead letters, of the catalogue that is looked at, newest first: {items, next_page_token, total}. */
export async function letters({ reason = "", token = "", size = PAGE, catalogue }, signal) {
  const query = new URLSearchParams({ page_size: size });
  if (reason) query.set("reason", reason);
  if (token) query.set("page_token", token);
  const answer = await call(`dead-letters?${query}`, { signal, catalogue });
  const { next_page_token, dead_letters: items = [], total = 0 } = answer;
  return { items, next_page_token, total: Number(total) };
}

/** The dead letter of a track, or undefined when it is gone: among those of its reason. */
export async function letterOf({ trackId, reason }, signal) {
  for (let token = ""; ; ) {
    const page = await letters({ reason, token }, signal);
    const found = page.items.find(({ item }) => item.track_id === trackId);
    if (found || !page.next_page_token) return found;
    token = page.next_page_token;
  }
}

/** Put dead letters back into the queue; the id of their new job, "" where there were none. */
export async function replay(which) {
  const answer = await call("dead-letters:replay", { json: which });
  return answer.job_id ?? "";
}

/** Forget dead letters; how many they were. */
export async function dismiss(which) {
  const answer = await call("dead-letters:dismiss", { json: which });
  return Number(answer.dismissed ?? 0);
}
