// The artists that answers may be by: found by their names, with how many tracks each has under the filter.

import { html, useState } from "../html.js";
import { call } from "../api.js";
import { number, t } from "../i18n.js";
import { useAnswer } from "../ui/answer.js";
import { Chip } from "../ui/chip.js";
import { filterOf } from "./query.js";

const WAIT_MILLISECONDS = 200;
const LOOKED_THROUGH = 500;
const OFFERED = 6;

/** Parameters: query, change(changes). */
export function Artists({ query, change }) {
  const [text, setText] = useState("");
  const { value } = useAnswer(
    async (signal) => ({ of: text, artists: await artistsOf(text, query, signal) }),
    [text, JSON.stringify(filterOf(query, "artists"))],
  );
  const offered = value?.artists ?? [];
  const add = (name) => {
    setText("");
    if (!query.artists.includes(name)) change({ artists: [...query.artists, name] });
  };
  const written = async (event) => {
    event.preventDefault();
    if (!text.trim()) return;
    // Whoever is quicker than the answer means what they wrote, and not what was offered before.
    const known = value?.of === text ? offered : await artistsOf(text, query).catch(() => []);
    add(known[0]?.name ?? text.trim());
  };
  return html`
    <fieldset>
      <legend>${t("search.artists")}</legend>
      ${query.artists.length > 0 &&
      html`<div class="chips">
        ${query.artists.map(
          (name) => html`<${Chip}
            key=${name}
            text=${name}
            onRemove=${() => change({ artists: query.artists.filter((one) => one !== name) })}
          />`,
        )}
      </div>`}
      <form onSubmit=${written}>
        <input
          class="field small"
          aria-label=${t("search.artistName")}
          placeholder=${t("search.artistName")}
          autocomplete="off"
          value=${text}
          onInput=${(event) => setText(event.currentTarget.value)}
        />
      </form>
      <ul class="facets offered">
        ${text.trim() !== "" &&
        offered.map(
          ({ name, tracks }) => html`
            <li key=${name}>
              <button type="button" onClick=${() => add(name)}>
                <span>${name}</span><span class="quiet numbers">${number(tracks)}</span>
              </button>
            </li>
          `,
        )}
      </ul>
    </fieldset>
  `;
}

/**
 * Artists whose names have all these words, with the tracks of each: first who is called just so, then those that have
 * most. The catalogue knows more ways to write a name than the page: where no name has the words, they are those of
 * tracks of which nothing but the artist can have been meant.
 */
export async function artistsOf(text, query, signal) {
  const words = folded(text).split(" ").filter(Boolean);
  if (!words.length) return [];
  const hasAll = (name = "") => words.every((word) => folded(name).includes(word));
  if (signal) await settled(signal);
  const json = { query: text, filter: filterOf(query, "artists"), page_size: LOOKED_THROUGH };
  const { tracks = [] } = await call("tracks:search", { json, signal });
  const found = tracks.map(({ metadata = {} }) => metadata);
  let names = found.flatMap(({ artists = [] }) => artists.filter(hasAll));
  if (!names.length) {
    names = found.flatMap(({ artists = [], title, album }) => (hasAll(title) || hasAll(album) ? [] : artists));
  }
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const likeness = (name) => (name === text.trim() ? 2 : folded(name) === words.join(" ") ? 1 : 0);
  return [...counts]
    .map(([name, count]) => ({ name, tracks: count, likeness: likeness(name) }))
    .sort(
      (one, other) =>
        other.likeness - one.likeness || other.tracks - one.tracks || one.name.localeCompare(other.name),
    )
    .slice(0, OFFERED);
}

/** A moment after the last letter: a request that is overtaken meanwhile is never sent. */
function settled(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, WAIT_MILLISECONDS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Letters that people type without their strokes. */
const PLAIN = { ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", æ: "ae", œ: "oe", ß: "ss", þ: "th" };

/** Much as the catalogue compares words: without regard to case, accents and signs ("R.E.M." as "rem"). */
function folded(text) {
  const letters = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[øłđðıæœßþ]/g, (letter) => PLAIN[letter]);
  const words = letters.replace(/[^\p{L}\p{N}\s]/gu, "");
  // Some are called "!!!".
  return (words.trim() ? words : letters).trim().replace(/\s+/g, " ");
}
