// By what the table is ordered, as its address says it: "year", "-year" from the last to the first; nothing: by artist.

/** What tracks can be ordered by; of the columns of the table, and beside them. */
const FIELDS = {
  title: "title",
  artist: "artist",
  album: "album",
  year: "year",
  duration: "duration_seconds",
  added: "ingested_at",
};

export const ORDERS = Object.keys(FIELDS);

const FIRST = { by: "artist", falling: false };

/** {by, falling} of an address. */
export function readOrder(parameters) {
  const text = parameters.get("order") ?? "";
  const falling = text.startsWith("-");
  const by = falling ? text.slice(1) : text;
  return ORDERS.includes(by) ? { by, falling } : FIRST;
}

/** As the parameter of an address; null for the one that it has without. */
export function writeOrder({ by, falling }) {
  return by === FIRST.by && !falling ? null : `${falling ? "-" : ""}${by}`;
}

/** Field order_by of a request. */
export function orderBy({ by, falling }) {
  return `${FIELDS[by]}${falling ? " desc" : ""}`;
}

/** What a click on a heading asks for: from the first on, then from the last on, and round again. */
export function nextOrder({ by, falling }, clicked) {
  return { by: clicked, falling: by === clicked && !falling };
}
