// What the address says of the map.

import { changed, rewrite } from "../route.js";
import { readCamera, writeCamera } from "./camera.js";
import { LAYOUTS } from "./data.js";
import { SCHEMES } from "./paint.js";

/** {layout, scheme, label, hidden (Set), camera, near, path}. */
export function readAddress(parameters) {
  const one = (name, known) => (known.includes(parameters.get(name)) ? parameters.get(name) : known[0]);
  const label = parameters.get("label") ?? "";
  const scheme = one("colour", SCHEMES);
  const path = parameters.getAll("path");
  return {
    layout: one("layout", LAYOUTS),
    scheme: scheme === "label" && !label ? SCHEMES[0] : scheme,
    label,
    hidden: new Set(parameters.getAll("hide")),
    camera: readCamera(parameters.get("at")),
    near: parameters.get("near") ?? "",
    // Earlier addresses have all ids in one; no path is of one track alone.
    path: (path.length === 1 ? path[0].split(",") : path).filter(Boolean),
  };
}

/** What an address asks for, by genre where the map has not the label that it is to be coloured by. */
export function colouredBy(asked, map) {
  const isLacking = asked.scheme === "label" && map.lacking === asked.label;
  return isLacking ? { ...asked, scheme: SCHEMES[0], label: "" } : asked;
}

/** The address as it is when the map is seen by this camera; nothing is drawn anew for that. */
export function rememberCamera(parameters, camera) {
  rewrite(changed("map", parameters, { at: writeCamera(camera) }));
}
