// The listing that the address asks for, as `Rows` that a table draws.

import { call } from "../api.js";
import { useEffect, useMemo, useState } from "../html.js";
import { useRecoveries } from "../connection.js";
import { useAnswer } from "../ui/answer.js";
import { FILTER_NAMES, narrowed, trackFilter } from "./filter.js";
import { Rows } from "./rows.js";

/**
 * What the parameters ask for, drawn anew as it comes: {asked (a text that stands for it), rows, total, complete
 * (whether the total is known), renew}.
 */
export function useListing(parameters) {
  const [, draw] = useState();
  const asked = JSON.stringify(["words", ...FILTER_NAMES].map((name) => parameters.getAll(name)));
  const rows = useMemo(() => new Rows(sourceOf(parameters), () => draw({})), [asked]);
  useEffect(() => () => rows.close(), [rows]);
  const recoveries = useRecoveries();
  useEffect(() => {
    if (rows.error) rows.retry();
  }, [recoveries]);
  const facets = useAnswer((signal) => call("facets", { signal }), []);
  const all = narrowed(parameters) ? 0 : Number(facets.value?.total_tracks ?? 0);
  // The table is as long as the catalogue from the beginning, where it shows all of it; else it ends with a
  // row that is still to come for as long as there may be one.
  const total = rows.complete ? rows.ids.length : Math.max(all, rows.ids.length + 1);
  return { asked, rows, total, complete: rows.complete || all > 0, renew: facets.reload };
}

function sourceOf(parameters) {
  const filter = trackFilter(parameters);
  const query = parameters.get("words") ?? "";
  const body = { view: "TRACK_VIEW_ID", ...(filter && { filter }) };
  return {
    list: (page, signal) =>
      query
        ? call("tracks:search", { json: { ...body, ...page, query }, signal })
        : call("tracks:list", { json: { ...body, ...page }, signal }),
    get: (ids, signal) =>
      call("tracks:get", { json: { track_ids: ids, view: "TRACK_VIEW_BASIC" }, signal }),
  };
}
