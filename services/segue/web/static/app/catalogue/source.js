// The listing that the address asks for, as `Rows` that a table draws.

import { call } from "../api.js";
import { useEffect, useMemo, useState } from "../html.js";
import { useRecoveries } from "../connection.js";
import { useAnswer } from "../ui/answer.js";
import { FILTER_NAMES, trackFilter } from "./filter.js";
import { orderBy, readOrder } from "./order.js";
import { Rows } from "./rows.js";

/**
 * What the parameters ask for, drawn anew as it comes: {asked (a text that stands for it), rows, total, complete
 * (whether the total is known), renew}.
 */
export function useListing(parameters) {
  const [, draw] = useState();
  const asked = JSON.stringify(["words", "order", ...FILTER_NAMES].map((name) => parameters.getAll(name)));
  const rows = useMemo(() => new Rows(sourceOf(parameters), () => draw({})), [asked]);
  useEffect(() => () => rows.close(), [rows]);
  const recoveries = useRecoveries();
  useEffect(() => {
    if (rows.error) rows.retry();
  }, [recoveries]);
  const counted = useAnswer(
    async (signal) => ({ asked, count: await countOf(parameters, signal) }),
    [asked],
  );
  // While another listing is counted, the count of the one before still stands there.
  const all = counted.value?.asked === asked ? counted.value.count : 0;
  // Where its tracks are counted, the table is as long as them from the beginning; else it ends with a row that
  // is still to come for as long as there may be one.
  const total = rows.complete ? rows.ids.length : Math.max(all, rows.ids.length + 1);
  return { asked, rows, total, complete: rows.complete || all > 0, renew: counted.reload };
}

/** How many tracks a listing has; 0 where only a search by words can tell. */
async function countOf(parameters, signal) {
  if (parameters.get("words")) return 0;
  const query = new URLSearchParams({ page_size: 1 });
  const filter = trackFilter(parameters);
  if (filter) query.set("filter", JSON.stringify(filter));
  const answer = await call(`facets?${query}`, { signal });
  return Number(answer.matching_tracks ?? 0);
}

function sourceOf(parameters) {
  const filter = trackFilter(parameters);
  const query = parameters.get("words") ?? "";
  const order = orderBy(readOrder(parameters));
  const body = { view: "TRACK_VIEW_ID", order_by: order, ...(filter && { filter }) };
  return {
    list: (page, signal) =>
      query
        ? call("tracks:search", { json: { ...body, ...page, query }, signal })
        : call("tracks:list", { json: { ...body, ...page }, signal }),
    get: (ids, signal) =>
      call("tracks:get", { json: { track_ids: ids, view: "TRACK_VIEW_BASIC" }, signal }),
  };
}
