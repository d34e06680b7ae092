// Words of the page in the language of its reader; every string stands in strings/ and nowhere else.

import { en } from "./strings/en.js";
import { de } from "./strings/de.js";

const LANGUAGES = { en, de };
const KEY = "segue.language";
const formatters = new Map();

export const languages = Object.keys(LANGUAGES);
export const language = chosen();
document.documentElement.lang = language;

/** Choose another language; the page is loaded anew in it. */
export function choose(name) {
  localStorage.setItem(KEY, name);
  location.reload();
}

/**
 * A string by its name, with {placeholders} filled in.
 *
 * Where a string has the forms "one" and "other", `count` decides.
 */
export function t(name, values = {}) {
  let text = LANGUAGES[language][name] ?? en[name] ?? name;
  if (typeof text === "object") {
    text = text[new Intl.PluralRules(language).select(values.count)] ?? text.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, key) =>
    typeof values[key] === "number" ? number(values[key]) : (values[key] ?? whole),
  );
}

/** Whether there is a string of this name. */
export function has(name) {
  return Object.hasOwn(en, name);
}

/** A number as it is written in the language. */
export function number(value, options) {
  return formatter(options).format(value);
}

/** Making one takes as long as drawing a card. */
function formatter(options) {
  const key = JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.NumberFormat(language, options));
  return formatters.get(key);
}

function chosen() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((one) => one.slice(0, 2))];
  return wanted.find((one) => Object.hasOwn(LANGUAGES, one ?? "")) ?? "en";
}
