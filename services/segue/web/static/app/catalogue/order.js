// By what the table is ordered, as its address says it: "year", "-year" from the last to the first, or nothing.

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

/** {by, falling} of an address; by "": in a stable order that means nothing. */
export function readOrder(parameters) {
  const text = parameters.get("order") ?? "";
  const falling = text.startsWith("-");
  const by = falling ? text.slice(1) : text;
  return ORDERS.includes(by) ? { by, falling } : { by: "", falling: false };
}

/** As the parameter of an address; null for none. */
export function writeOrder({ by, falling }) {
  return by ? `${falling ? "-" : ""}${by}` : null;
}

/** Field order_by of a request. */
export function orderBy({ by, falling }) {
  return by ? `${FIELDS[by]}${falling ? " desc" : ""}` : "";
}

/** What a click on a heading asks for: from the first on, from the last on, then no order. */
export function nextOrder({ by, falling }, clicked) {
  if (by !== clicked) return { by: clicked, falling: false };
  return falling ? { by: "", falling: false } : { by, falling: true };
}
