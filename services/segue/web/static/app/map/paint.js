// What colour each point has, and what the colours mean.

import { hueOf } from "../ui/colour.js";

export const SCHEMES = ["genre", "mood", "artist", "year", "label"];

/** Categories with a colour of their own; the rest is grey, as too many colours say nothing. */
const MOST_CATEGORIES = 16;
const REST = "*rest";
const NONE = "*none";
const GOLDEN_ANGLE = 137.508;
/** Degrees between two hues: less than half of what would leave no room for so many categories. */
const LEAST_APART = 11;
const OPAQUE = 255;

/**
 * {colours: Uint8Array of RGBA for each point, entries: [{key, label, count, css, hidden}], key of `REST` and
 * `NONE` for what has no colour}.
 *
 * @param {Set<string>} hidden - keys of the entries that are not drawn
 */
export function paint(map, scheme, dark, hidden) {
  if (scheme === "label") return paintLevels(map, dark);
  const { keys, names } = scheme === "year" ? decades(map.years) : categories(map[scheme]);
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const shown = names.filter((name) => counts.has(name));
  const rgbs = scheme === "year" ? ramps(shown, dark) : hues(scheme, shown, dark);
  const entries = shown.map((name, index) => entry(name, counts.get(name), rgbs[index], hidden));
  for (const name of [REST, NONE]) {
    if (counts.has(name)) entries.push(entry(name, counts.get(name), grey(dark), hidden));
  }
  const byKey = new Map(entries.map((one) => [one.key, one]));
  const colours = new Uint8Array(4 * map.ids.length);
  keys.forEach((key, row) => {
    const { rgb, hidden: gone } = byKey.get(key);
    colours.set([...rgb, gone ? 0 : OPAQUE], 4 * row);
  });
  return { colours, entries };
}

export const isRest = (key) => key === REST;
export const isNone = (key) => key === NONE;

function entry(key, count, rgb, hidden) {
  return { key, count, rgb, css: `rgb(${rgb.join(" ")})`, hidden: hidden.has(key) };
}

function categories({ values, codes }) {
  // They come in falling order of frequency.
  const names = values.slice(0, MOST_CATEGORIES);
  const keys = Array.from(codes, (code) =>
    code === 0 ? NONE : code <= names.length ? names[code - 1] : REST,
  );
  return { keys, names };
}

function decades(years) {
  const keys = Array.from(years, (year) => (year ? `${10 * Math.floor(year / 10)}` : NONE));
  return { keys, names: [...new Set(keys)].filter((key) => key !== NONE).sort() };
}

const ramps = (names, dark) =>
  names.map((_, index) => ramp(names.length > 1 ? index / (names.length - 1) : 1, dark));

/** A genre has its hue of the other views, as far as two that lie close can be told apart. */
function hues(scheme, names, dark) {
  const taken = [];
  return names.map((name, index) => {
    let hue = scheme === "genre" ? hueOf(name) : (index * GOLDEN_ANGLE) % 360;
    while (taken.some((one) => apart(one, hue) < LEAST_APART)) hue = (hue + LEAST_APART) % 360;
    taken.push(hue);
    return dark ? oklch(0.74, 0.13, hue) : oklch(0.6, 0.15, hue);
  });
}

const apart = (one, other) => Math.min(Math.abs(one - other), 360 - Math.abs(one - other));

function paintLevels(map, dark) {
  const colours = new Uint8Array(4 * map.ids.length);
  const steps = Array.from({ length: 256 }, (_, level) => ramp(level / 255, dark));
  map.ids.forEach((_, row) => colours.set([...steps[map.levels?.[row] ?? 0], OPAQUE], 4 * row));
  const ends = [0, 0.25, 0.5, 0.75, 1].map((share) => `rgb(${ramp(share, dark).join(" ")})`);
  return { colours, entries: [], ends };
}

/** From little to much: from what hardly stands out of the ground to what does. */
function ramp(share, dark) {
  const [from, to] = dark ? [0.36, 0.86] : [0.86, 0.42];
  return oklch(from + (to - from) * share, 0.03 + 0.13 * share, 285 - 235 * share);
}

const grey = (dark) => (dark ? [110, 116, 128] : [172, 170, 166]);

/** sRGB of a colour in OKLCH (Ottosson, 2020), cut off where a screen cannot show it. */
export function oklch(lightness, chroma, hue) {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ].map((linear) => {
    const light = Math.min(Math.max(linear, 0), 1);
    const shown = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
    return Math.round(255 * shown);
  });
}
