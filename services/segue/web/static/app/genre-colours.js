// Which colour a genre has, in every view of a catalogue: its twelve most frequent ones differ, the others are grey.

import { useRecoveries } from "./connection.js";
import { useEffect } from "./html.js";
import { current } from "./route.js";
import { catalogueFacets } from "./search/facets.js";
import { makeStore, useStore } from "./store.js";
import { COLOURS, further } from "./ui/colour.js";

/** What well-known genres have, where no more frequent one has it already; others follow from their letters. */
const WISHES = {
  ambient: 7,
  blues: 9,
  classical: 2,
  country: 1,
  electronic: 6,
  experimental: 3,
  folk: 4,
  "hip-hop": 10,
  instrumental: 5,
  international: 1,
  jazz: 8,
  latin: 0,
  metal: 9,
  piano: 11,
  pop: 11,
  reggae: 5,
  rock: 0,
  "soul-rnb": 10,
  world: 3,
};

/** By catalogue; what is known stays while the page is open, so that no colour changes under the reader's eyes. */
const known = makeStore({});

/** Map of a genre to its colour (a place in the palette); null until it is known. */
export function useGenreColours() {
  const { catalogue } = current();
  const colours = useStore(known, (all) => all[catalogue]);
  const recoveries = useRecoveries();
  useEffect(() => {
    if (!colours?.size) learn(catalogue);
  }, [catalogue, recoveries]);
  return colours ?? null;
}

async function learn(catalogue) {
  // Without an answer all is grey: the view says itself that nothing answers.
  const facets = await catalogueFacets().catch(() => ({}));
  if (!known.get()[catalogue]?.size) known.set({ [catalogue]: assigned(facets) });
}

function assigned({ genres = [], predicted_genres: heard = [] }) {
  const counts = new Map();
  for (const { label, tracks = 0 } of [...genres, ...heard]) {
    counts.set(label, (counts.get(label) ?? 0) + Number(tracks));
  }
  const ranked = [...counts].sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1));
  const colours = new Map();
  const taken = new Set();
  for (const [label] of ranked.slice(0, COLOURS)) {
    let colour = wishOf(label);
    while (taken.has(colour)) colour = further(colour);
    taken.add(colour);
    colours.set(label, colour);
  }
  return colours;
}

function wishOf(label) {
  if (Object.hasOwn(WISHES, label)) return WISHES[label];
  let sum = 0;
  for (const sign of label) sum = (31 * sum + sign.codePointAt(0)) % COLOURS;
  return sum;
}
