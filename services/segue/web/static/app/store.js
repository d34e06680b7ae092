// A value that several parts of the page look at, drawn anew where it changes.

import { useEffect, useState } from "./html.js";

/** A store: get(), set(changes), subscribe(listener) -> function that ends it. */
export function makeStore(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(changes) {
      value = { ...value, ...changes };
      for (const listener of [...listeners]) listener(value);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What `select` picks of a store; the part that asks is drawn anew only when that changes. */
export function useStore(store, select) {
  const [, draw] = useState();
  const picked = select(store.get());
  useEffect(() => {
    let before = picked;
    const look = (value) => {
      const now = select(value);
      if (!Object.is(now, before)) draw({});
      before = now;
    };
    look(store.get());
    return store.subscribe(look);
  }, [picked]);
  return picked;
}
