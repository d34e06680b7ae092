// What the page keeps of answers, of each catalogue by itself: an id may be another track in another one.

import { current } from "./route.js";

/** Values by name, of the catalogue that is looked at: has, get, set, delete; the oldest of over `most` go. */
export function makeCache(most) {
  const kept = new Map();
  const keyOf = (name) => `${current().catalogue} ${name}`;
  return {
    has: (name) => kept.has(keyOf(name)),
    get: (name) => kept.get(keyOf(name)),
    set(name, value) {
      kept.delete(keyOf(name));
      kept.set(keyOf(name), value);
      if (kept.size > most) kept.delete(kept.keys().next().value);
    },
    delete: (name) => kept.delete(keyOf(name)),
  };
}
