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
  return new Response(JSON.stringify(answer(request)));
};

const load = (name) => import(pathToFileURL(`${process.env.SEGUE_PAGE}/app/${name}.js`));
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
