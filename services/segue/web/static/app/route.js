// The address says everything that a view shows: "#/search?for=track:x1&genre=rock&catalogue=archive".

import { useEffect, useState } from "./html.js";

const CATALOGUE = "catalogue";

/**
 * The view that the address names, the catalogue ("": the default one, as in the API), and the view's own
 * parameters (URLSearchParams).
 */
export function current() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parameters = new URLSearchParams(query);
  const catalogue = parameters.get(CATALOGUE) ?? "";
  parameters.delete(CATALOGUE);
  return { view: path || "search", catalogue, parameters };
}

/** Address of a view: of the catalogue that is looked at, where no other is named. */
export function to(view, parameters = {}, catalogue = current().catalogue) {
  const query = new URLSearchParams(parameters);
  if (catalogue) query.set(CATALOGUE, catalogue);
  return `#/${view}${query.size ? `?${query}` : ""}`;
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
    rewrite(where);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = where;
  }
}

/** Have the bar of the browser show another address; nothing is drawn anew for that. */
export function rewrite(where) {
  history.replaceState(history.state, "", where);
}

/** What the browser's history keeps of an address at which the page has been. */
const VISITED = "visited";
let forward = false;

/**
 * Begin at the top, unless the reader came back to where they had been: the browser knows that place. Whose focus
 * went with what was there before reads on from the beginning, too.
 */
export function beginAtTop() {
  if (!forward) return;
  window.scrollTo({ top: 0, behavior: "instant" });
  if (document.activeElement === document.body) document.getElementById("content").focus({ preventScroll: true });
}

/** The current route, anew whenever it changes. */
export function useRoute() {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const changed = () => {
      forward = history.state !== VISITED;
      history.replaceState(VISITED, "");
      setRoute(current());
    };
    history.replaceState(VISITED, "");
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return route;
}
