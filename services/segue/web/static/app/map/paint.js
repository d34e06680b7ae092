// What colour each point has, and what the colours mean.

import { COLOURS, further, rgbOf } from "../ui/colour.js";

export const SCHEMES = ["genre", "mood", "artist", "year", "label"];

const REST = "*rest";
const NONE = "*none";
const OPAQUE = 255;

/**
 * {colours: Uint8Array of RGBA for each point, entries: [{key, label, count, css, hidden}], key of `REST` and
 * `NONE` for what has no colour}.
 *
 * @param {Set<string>} hidden - keys of the entries that are not drawn
 * @param {Map<string, number>} genres - colours of genres, the same in all views
 */
export function paint(map, scheme, dark, hidden, genres) {
  if (scheme === "label") return paintLevels(map, dark);
  const palette = scheme === "genre" ? genres : inTurn(map[scheme]);
  const { keys, names } = scheme === "year" ? decades(map.years) : categories(map[scheme], palette);
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const shown = names.filter((name) => counts.has(name));
  const rgbs = scheme === "year" ? ramps(shown, dark) : shown.map((name) => rgbOf(palette.get(name), dark));
  const entries = shown.map((name, index) => entry(name, counts.get(name), rgbs[index], hidden));
  for (const name of [REST, NONE]) {
    if (counts.has(name)) entries.push(entry(name, counts.get(name), rgbOf(null, dark), hidden));
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

/** Colours of what comes in falling order of frequency: what stands beside each other is told apart best. */
function inTurn(coded) {
  return new Map(coded?.values.slice(0, COLOURS).map((name, place) => [name, further(0, place)]));
}

function categories({ values, codes }, palette) {
  const names = values.filter((name) => palette.has(name));
  const keys = Array.from(codes, (code) => {
    if (code === 0) return NONE;
    const name = values[code - 1];
    return palette.has(name) ? name : REST;
  });
  return { keys, names };
}

function decades(years) {
  const keys = Array.from(years, (year) => (year ? `${10 * Math.floor(year / 10)}` : NONE));
  return { keys, names: [...new Set(keys)].filter((key) => key !== NONE).sort() };
}

const ramps = (names, dark) =>
  names.map((_, index) => ramp(names.length > 1 ? index / (names.length - 1) : 1, dark));

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
