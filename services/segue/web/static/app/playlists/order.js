// Moving entries of a list.

/** A copy of the list with the entry at `from` at the place `to`. */
export function moved(list, from, to) {
  const next = [...list];
  const [entry] = next.splice(from, 1);
  next.splice(to, 0, entry);
  return next;
}

/** Where a key takes the entry at `index` of `count`; null: nowhere. */
export function placeByKey(key, index, count) {
  const places = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: count - 1 };
  const place = places[key];
  return place === undefined || place < 0 || place >= count || place === index ? null : place;
}

/**
 * Keys of the entries that stay the same while they move, though an id may stand there twice.
 *
 * @param {string[]} ids
 */
export function keysOf(ids) {
  const seen = new Map();
  return ids.map((id) => {
    const times = seen.get(id) ?? 0;
    seen.set(id, times + 1);
    return times ? `${id}\n${times}` : id;
  });
}
