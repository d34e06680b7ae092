// Modules that ask the API, on answers that are known: run by test_page_files.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const asked = [];
let answer = () => ({});

Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });
globalThis.localStorage = { getItem: () => null, setItem() {} };
globalThis.document = { documentElement: {} };
globalThis.location = { hash: "#/search" };
globalThis.fetch = async (where, { body } = {}) => {
  const request = { url: new URL(where, "http://segue.test/"), json: body && JSON.parse(body) };
  asked.push(request);
  const given = answer(request);
  return new Response(JSON.stringify(given), { status: given.error ? 400 : 200 });
};

const load = (name) => import(pathToFileURL(`${process.env.SEGUE_PAGE}/app/${name}.js`));
const { described } = await load("playlists/made");
const { MOST_AT_ONCE, spread } = await load("playlists/slices");
const { failuresOf } = await load("catalogue/failures-elsewhere");
const { loadMap } = await load("map/data");
const { colouredBy, readAddress } = await load("map/address");
const { artistsOf } = await load("search/artists");
const { readQuery } = await load("search/query");
const { facetsOf } = await load("search/facets");

/** What is asked of answers that `one` gives. */
async function asking(one, what) {
  asked.length = 0;
  answer = one;
  return what();
}

test("all labels are asked for, page after page", async () => {
  const pages = {
    "": { genres: [{ label: "rock" }], predicted_moods: [{ label: "calm" }], total_tracks: "9", next_page_token: "p2" },
    p2: { genres: [{ label: "pop" }], moods: [{ label: "dark" }], total_tracks: "9" },
  };
  const filter = '{"genres":{"any_of":["rock"]}}';
  const pageOf = ({ url }) => pages[url.searchParams.get("page_token") ?? ""];
  const all = await asking(pageOf, () => facetsOf(filter));
  assert.deepEqual(all.genres, [{ label: "rock" }, { label: "pop" }]);
  assert.deepEqual([all.moods, all.predicted_moods], [[{ label: "dark" }], [{ label: "calm" }]]);
  assert.equal(asked.length, 2);
  for (const { url } of asked) {
    assert.equal(url.searchParams.get("filter"), filter);
    assert.equal(url.searchParams.has("page_size"), false);
  }
});

const by = (title, ...artists) => ({ metadata: { title, artists } });

/** Names of the artists that are offered for a text when these tracks are found by it. */
async function offered(text, ...tracks) {
  const found = await asking(() => ({ tracks }), () => artistsOf(text, readQuery(new URLSearchParams())));
  return found.map(({ name }) => name);
}

test("who is called just as it was written comes first, however few tracks they have", async () => {
  const many = Array.from({ length: 9 }, (_, index) => by("x", `Ann and ${index}`));
  const tracks = [by("x", "Ann Lee"), by("y", "Ann Lee"), ...many, by("z", "Ann"), by("z", "ANN")];
  assert.deepEqual((await offered("Ann", ...tracks)).slice(0, 3), ["Ann", "ANN", "Ann Lee"]);
  assert.deepEqual((await offered("ann", ...tracks)).slice(0, 2).sort(), ["ANN", "Ann"]);
});

test("artists are found by other ways to write them", async () => {
  assert.deepEqual(await offered("royksopp", by("x", "Røyksopp"), by("royksopp", "Bob")), ["Røyksopp"]);
  assert.deepEqual(await offered("rem", by("x", "R.E.M.")), ["R.E.M."]);
  assert.deepEqual(await offered("R.E.M.", by("x", "REM")), ["REM"]);
  assert.deepEqual(await offered("!!!", by("x", "!!!")), ["!!!"]);
  // Only the catalogue knows that these are the same.
  assert.deepEqual(await offered("acdc", by("x", "AC DC"), by("acdc", "Bob")), ["AC DC"]);
  assert.deepEqual(await offered("love", by("Love", "Ann"), by("x", "Bob & Love")), ["Bob & Love"]);
  assert.deepEqual(await offered("love", by("Love", "Ann")), []);
});

test("a path on the map is of tracks whose ids may hold commas, and earlier addresses hold", () => {
  const pathOf = (text) => readAddress(new URLSearchParams(text)).path;
  assert.deepEqual(pathOf("path=a%2C1&path=b"), ["a,1", "b"]);
  assert.deepEqual(pathOf("path=a%2Cb%2Cc"), ["a", "b", "c"]);
  assert.deepEqual(pathOf(""), []);
});

/** A catalogue that has all tracks but "gone", and refuses what the API refuses. */
function catalogue({ url, json: { track_ids: ids } }) {
  assert.ok(ids.length >= 1 && ids.length <= MOST_AT_ONCE);
  if (url.pathname.endsWith("tracks:get")) {
    return { tracks: ids.filter((id) => id !== "gone").map((track_id) => ({ track_id })) };
  }
  return { properties: { flow: 0.5 }, step_similarities: ids.map(() => 0.5) };
}

test("a playlist of any length is opened, a long one without what it is like as a whole", async () => {
  const short = await asking(catalogue, () => described(["a", "gone", "b", "a"]));
  assert.deepEqual(short.tracks.map(({ track }) => track.track_id), ["a", "b", "a"]);
  assert.deepEqual([short.missing, short.properties, short.tracks[1].step_similarity], [1, { flow: 0.5 }, 0.5]);

  const ids = Array.from({ length: 2 * MOST_AT_ONCE + 5 }, (_, index) => `t${index}`);
  const long = await asking(catalogue, () => described([...ids, "gone"]));
  assert.deepEqual(long.tracks.map(({ track }) => track.track_id), ids);
  assert.deepEqual([long.missing, long.properties, asked.length], [1, null, 3]);
});

test("what stands for a long playlist is spread over it", () => {
  const ids = Array.from({ length: 2_500 }, (_, index) => index);
  const some = spread(ids);
  assert.equal(new Set(some).size, MOST_AT_ONCE);
  assert.deepEqual(some.slice(0, 3), [0, 2, 5]);
  assert.deepEqual(some.at(-1), 2_497);
  assert.deepEqual(spread([1, 2]), [1, 2]);
});

test("a map is coloured by genre where no track has the label that an address names", async () => {
  const columns = { version: "v", track_ids: ["a"], x: [0], y: [0], years: [0], labels: { "mood:calm": [9] } };
  for (const kind of ["genre", "mood", "artist"]) Object.assign(columns, { [`${kind}s`]: [], [`${kind}_codes`]: [0] });
  const map = ({ url }) =>
    url.searchParams.get("label") === "genre:gone"
      ? { error: { reason: "INVALID_ARGUMENT", message: "the map has no such label" } }
      : columns;
  const shown = async (label) => {
    const address = readAddress(new URLSearchParams({ colour: "label", label }));
    const { scheme, label: by } = colouredBy(address, await asking(map, () => loadMap("tsne", label)));
    return [scheme, by];
  };
  assert.deepEqual(await shown("genre:gone"), ["genre", ""]);
  assert.deepEqual(await shown("mood:calm"), ["label", "mood:calm"]);
});

test("failures of other catalogues are looked for in each of them", async () => {
  const totals = { "": "2", archive: "0", attic: "7" };
  const total = ({ url }) => ({ total: totals[url.searchParams.get("catalogue") ?? ""] });
  const found = await asking(total, () => failuresOf(["", "archive", "attic"]));
  assert.deepEqual(found, [
    { name: "", total: 2 },
    { name: "attic", total: 7 },
  ]);
});
