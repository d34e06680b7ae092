// The address says everything that a view shows: "#/search?seed=track:x1&genre=rock".

import { useEffect, useState } from "./html.js";

/** The view and its parameters (URLSearchParams) that the address names. */
export function current() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: path || "search", parameters: new URLSearchParams(query) };
}

/** Address of a view. */
export function to(view, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** Address of a view with some of its parameters changed: a text, several, or null to take one away. */
export function changed(view, parameters, changes) {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of [value].flat()) if (one !== null && one !== "") next.append(name, one);
  }
  return to(view, next);
}

/** Go to an address of `to`; with `replace` without a step in the browser's history. */
export function go(where, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, "", where);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = where;
  }
}

/** The current route, anew whenever it changes. */
export function useRoute() {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const changed = () => setRoute(current());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return route;
}
