// The pure modules of playlists and the catalogue: run by test_page_files.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.env.SEGUE_PAGE}/app/${name}.js`));
const { keysOf, moved, placeByKey } = await load("playlists/order");
const { buildRequest, isComplete, pathRequest, readPlan } = await load("playlists/address");
const { correction, read, takenBack, written, FIELDS } = await load("catalogue/fields");
const { maybeAudio } = await load("catalogue/dropping");
const { Rows } = await load("catalogue/rows");
const { nextOrder, orderBy, readOrder, writeOrder } = await load("catalogue/order");

const plan = (text) => readPlan(new URLSearchParams(text));
const field = (name) => FIELDS.find((one) => one.name === name);

test("an entry is moved up and down, and the others keep their order", () => {
  assert.deepEqual(moved(["a", "b", "c", "d"], 0, 2), ["b", "c", "a", "d"]);
  assert.deepEqual(moved(["a", "b", "c", "d"], 3, 0), ["d", "a", "b", "c"]);
});

test("keys move an entry by one place or to the ends, and never out of the list", () => {
  assert.equal(placeByKey("ArrowDown", 1, 3), 2);
  assert.equal(placeByKey("ArrowDown", 2, 3), null);
  assert.equal(placeByKey("ArrowUp", 0, 3), null);
  assert.equal(placeByKey("Home", 2, 3), 0);
  assert.equal(placeByKey("End", 0, 3), 2);
  assert.equal(placeByKey("x", 0, 3), null);
});

test("a track that stands in a list twice has two keys", () => {
  const keys = keysOf(["a", "b", "a"]);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[0], "a");
});

test("a plan is asked for as the address says it", () => {
  const asked = plan(
    "for=track%3Aa%3Ab&for=playlist%3Ap1&against=artist%3AAnn&minutes=45&per-artist=2&energy=0.1,0.9" +
      "&with-seeds=1&random=7&genre=rock&sound=0.25&blend=any",
  );
  const request = buildRequest(asked, new Set(["halves"]), new Map([["p1", ["x", "y"]]]));
  assert.deepEqual(request.seeds, [
    { seed: { track_id: "a:b" } },
    { seed: { playlist: { track_ids: ["x", "y"] } } },
    { seed: { artist: "Ann" }, weight: -1 },
  ]);
  assert.equal(request.minutes, 45);
  assert.equal(request.tracks, undefined);
  assert.deepEqual(request.variety, { most_per_artist: 2 });
  assert.deepEqual(request.contour, { energy: { targets: [0.1, 0.9] } });
  assert.deepEqual(request.filter.genres.any_of, ["rock"]);
  assert.equal(request.sound_weight, 0.25);
  assert.equal(request.random_seed, "7");
});

test("what an address says wrongly is passed over", () => {
  const wrong = plan("tracks=0&minutes=x&energy=2,1&random=-1&for=thing%3Ax&for=track%3A&mode=other");
  assert.equal(wrong.tracks, null);
  assert.equal(wrong.minutes, null);
  assert.equal(wrong.energy, null);
  assert.equal(wrong.random, 0);
  assert.equal(wrong.mode, "seeds");
  assert.deepEqual(wrong.seeds, []);
});

test("a plan is complete with a seed for, with both ends, or with a list", () => {
  assert.equal(isComplete(plan("")), false);
  assert.equal(isComplete(plan("against=track%3Aa")), false);
  assert.equal(isComplete(plan("for=track%3Aa")), true);
  assert.equal(isComplete(plan("mode=path&from=a")), false);
  assert.equal(isComplete(plan("mode=path&from=a&to=b")), true);
  assert.equal(isComplete(plan("track=a")), true);
});

test("a path has at least its two ends", () => {
  assert.equal(pathRequest(plan("mode=path&from=a&to=b&tracks=1"), new Set()).tracks, 2);
  assert.equal(pathRequest(plan("mode=path&from=a&to=b"), new Set()).tracks, 10);
});

test("texts become values, and what is out of range is refused", () => {
  assert.deepEqual(read(field("genres"), " folk ; acoustic;; "), ["folk", "acoustic"]);
  assert.equal(read(field("bpm"), "120,5"), 120.5);
  assert.equal(read(field("year"), ""), undefined);
  assert.throws(() => read(field("year"), "19.5"), RangeError);
  assert.throws(() => read(field("year"), "12345"), RangeError);
  assert.throws(() => read(field("bpm"), "fast"), RangeError);
  for (const [name, value] of [["genres", ["a", "b"]], ["bpm", 99.5], ["explicit", false], ["key", "Am"]]) {
    assert.deepEqual(read(field(name), written(field(name), value)), value);
  }
});

test("a correction names what was changed, and nothing else", () => {
  const track = { etag: "e1", metadata: { title: "T", genres: ["a"], year: 1990 } };
  assert.equal(correction(track, { title: " T ", genres: "a" }), null);
  assert.deepEqual(correction(track, { title: "U", year: "" }), {
    metadata: { title: "U" },
    update_mask: "title,year",
    etag: "e1",
  });
  assert.deepEqual(takenBack(track, ["title"]), { reset_mask: "title", etag: "e1" });
});

test("what says that it is no audio is not sent", () => {
  assert.equal(maybeAudio({ type: "audio/flac", name: "a.flac" }), true);
  assert.equal(maybeAudio({ type: "", name: "a.wv" }), true);
  assert.equal(maybeAudio({ type: "image/png", name: "cover.png" }), false);
  assert.equal(maybeAudio({ type: "", name: "list.m3u8" }), false);
});

/** A listing of so many tracks, and what was asked of it. */
function listing(count) {
  const asked = { pages: 0, got: [] };
  const ids = Array.from({ length: count }, (_, index) => `t${index}`);
  return {
    asked,
    async list({ page_size: size, page_token: token }) {
      asked.pages += 1;
      const start = Number(token || 0);
      const end = Math.min(start + size, count);
      const tracks = ids.slice(start, end).map((id) => ({ track_id: id }));
      return { tracks, next_page_token: end < count ? String(end) : "" };
    },
    async get(wanted) {
      asked.got.push(wanted.length);
      return { tracks: wanted.filter((id) => id !== "t7").map((id) => ({ track_id: id, title: id })) };
    },
  };
}

async function rested(rows, first, last) {
  rows.want(first, last);
  while (!rows.track(Math.min(last, rows.ids.length - 1)) || rows.ids.length <= last) {
    if (rows.complete && rows.ids.length <= last && rows.track(rows.ids.length - 1)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("rows are loaded where they are looked at, and no others", async () => {
  const source = listing(100_000);
  const rows = new Rows(source, () => {});
  await rested(rows, 0, 20);
  assert.equal(source.asked.pages, 1);
  assert.equal(rows.track(20).title, "t20");
  assert.equal(rows.track(7).gone, true);
  assert.equal(rows.track(150), null);

  await rested(rows, 90_000, 90_020);
  assert.equal(rows.track(90_010).title, "t90010");
  assert.ok(source.asked.pages <= 92);
  assert.ok(source.asked.got.length <= 4);
});

test("rows know their end, and what was deleted is left out", async () => {
  const rows = new Rows(listing(250), () => {});
  await rested(rows, 0, 400);
  assert.equal(rows.complete, true);
  assert.equal(rows.ids.length, 250);
  rows.remove(["t0", "t249"]);
  await rested(rows, 0, 10);
  assert.equal(rows.track(0).title, "t1");
  assert.equal(rows.ids.length, 248);
});

test("an error is told, and what was missing comes once it is tried again", async () => {
  const source = listing(50);
  const { list } = source;
  source.list = async () => {
    throw new Error("away");
  };
  let told = 0;
  const rows = new Rows(source, () => (told += 1));
  rows.want(0, 10);
  while (!rows.error) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(told > 0);
  source.list = list;
  rows.retry();
  await rested(rows, 0, 10);
  assert.equal(rows.track(3).title, "t3");
});

test("an order is read from its address, written as it was, and is by artist where there is none such", () => {
  const read = (text) => readOrder(new URLSearchParams(text));
  assert.deepEqual(read("order=-duration"), { by: "duration", falling: true });
  assert.equal(writeOrder(read("order=-duration")), "-duration");
  assert.equal(orderBy(read("order=-duration")), "duration_seconds desc");
  assert.equal(orderBy(read("order=added")), "ingested_at");
  for (const wrong of ["", "order=", "order=-", "order=mood", "order=constructor"]) {
    assert.equal(orderBy(read(wrong)), "artist");
    assert.equal(writeOrder(read(wrong)), null);
  }
});

test("a heading is pressed for rising, for falling, and for rising again", () => {
  let order = { by: "title", falling: true };
  const seen = ["year", "year", "year"].map((name) => writeOrder((order = nextOrder(order, name))));
  assert.deepEqual(seen, ["year", "-year", "year"]);
});
