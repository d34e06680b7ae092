// The page's modules that are pure: run by test_page_modules.py with the folder of the page as argument.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.env.SEGUE_PAGE}/app/${name}.js`));
const { filterOf, isFiltered, matchesOf, readQuery, requestOf, seedOf, unfiltered, writeQuery } =
  await load("search/query");
const { around, fitted, LONGEST_SECONDS, moved, SHORTEST_SECONDS, withEnd } = await load("search/selection");

const { isUnknown, LIKELY, likely } = await load("likely");
const { counted } = await load("heard");

const EVERYTHING = new Set(["halves", "passages", "collaborative", "genre_space"]);
const FULL =
  "for=track%3Aa%3Ab%2Fc&for=passage%3A8.5-17%3A12-13%3Ax&for=clip%3A%3Ak9&for=artist%3AAnn+%26+Bob" +
  "&against=clip%3A1-4%3Ak9&blend=any&genre=rock&genre=hip%2C+hop&genre-source=heard&mood=calm" +
  "&descriptor=female+voice&descriptor=piano&not-descriptor=drums&artist=Ann" +
  "&years=1990-&length=-240&sound=0.25&listeners=0.5&listener=ana&variety=0.1&per-artist=1&match=passage&copies=all";

const read = (text) => readQuery(new URLSearchParams(text));

test("an address says all of a search, and a search writes the same address", () => {
  assert.equal(writeQuery(read(FULL)).toString(), FULL);
  assert.equal(writeQuery(read("")).toString(), "");
});

test("ids may hold what separates the parts of a seed", () => {
  const [track, passage, clip] = read(FULL).seeds;
  assert.equal(track.id, "a:b/c");
  assert.deepEqual(passage, { kind: "passage", id: "12-13:x", against: false, start: 8.5, end: 17 });
  assert.deepEqual(clip, { kind: "clip", id: "k9", against: false });
});

test("what an address says wrongly is passed over", () => {
  const wrong = "for=nonsense&for=passage%3A%3Ax&for=passage%3Ax&for=thing%3Ax&sound=2&variety=x&years=a-b&match=no";
  assert.equal(writeQuery(read(wrong)).toString(), "");
});

test("a request names its seeds, and against weighs less than nothing", () => {
  const { seeds } = requestOf(read(FULL), EVERYTHING);
  assert.deepEqual(seeds, [
    { seed: { track_id: "a:b/c" } },
    { seed: { passage: { track_id: "12-13:x", start_seconds: 8.5, length_seconds: 8.5 } } },
    { seed: { clip: { clip_id: "k9" } } },
    { seed: { artist: "Ann & Bob" } },
    { seed: { clip: { clip_id: "k9", start_seconds: 1, length_seconds: 3 } }, weight: -1 },
  ]);
  assert.deepEqual(seedOf({ kind: "clip", id: "k", start: 0.1, end: 0.4 }).clip.length_seconds, 0.3);
});

test("nothing is asked for that the server cannot do", () => {
  const able = requestOf(read(FULL), EVERYTHING, { isOwner: true });
  const bare = requestOf(read(FULL), new Set());
  assert.deepEqual([able.sound_weight, able.mix, able.highlight], [0.25, { weight: 0.5, user_id: "ana" }, true]);
  assert.deepEqual([bare.sound_weight, bare.mix, bare.highlight], [undefined, undefined, false]);
});

test("only the owner names whose listening counts", () => {
  assert.equal(requestOf(read(FULL), EVERYTHING, { isOwner: true }).mix.user_id, "ana");
  assert.equal(requestOf(read(FULL), EVERYTHING, { isOwner: false }).mix.user_id, "");
});

test("the genre space is asked for neither passages nor halves", () => {
  const request = requestOf(read("for=track%3Ax&sound=0.5&match=genre"), EVERYTHING);
  const { match_level: level, highlight, sound_weight: sound } = request;
  assert.deepEqual([level, highlight, sound], ["MATCH_LEVEL_GENRE_SPACE", false, undefined]);
});

test("seeds are compared only by what fits them", () => {
  const level = (seeds, match) => requestOf(read(`${seeds}&match=${match}`), EVERYTHING).match_level;
  const late = "MATCH_LEVEL_LATE_INTERACTION";
  assert.equal(level("for=track%3Ax", "late"), late);
  assert.equal(level("for=passage%3A1-4%3Ax", "late"), late);
  assert.equal(level("for=clip%3A%3Ax", "genre"), "MATCH_LEVEL_GENRE_SPACE");
  for (const [seeds, match] of [
    ["for=track%3Ax&for=track%3Ay", "late"],
    ["for=track%3Ax&against=track%3Ay", "late"],
    ["for=artist%3AAnn", "late"],
    ["for=passage%3A1-4%3Ax", "genre"],
    ["for=track%3Ax&against=passage%3A1-4%3Ax", "genre"],
  ]) {
    assert.equal(level(seeds, match), undefined);
    assert.equal(matchesOf(read(seeds).seeds, EVERYTHING).includes(match), false);
  }
  const passages = requestOf(read("for=track%3Ax&for=track%3Ay&match=late"), EVERYTHING);
  assert.equal(passages.highlight, true);
  assert.deepEqual(matchesOf(read("for=track%3Ax").seeds, new Set()), ["", "track"]);
});

test("a filter tells given and heard labels apart, and open ends stay open", () => {
  assert.deepEqual(filterOf(read(FULL)), {
    genres: { any_of: ["rock", "hip, hop"], source: "LABEL_SOURCE_PREDICTED" },
    moods: { any_of: ["calm"], source: "LABEL_SOURCE_GIVEN" },
    descriptors: { all_of: ["female voice", "piano"], none_of: ["drums"] },
    artists: { any_of: ["Ann"] },
    year: { minimum: 1990 },
    duration: { maximum_seconds: 240 },
  });
  assert.equal("genres" in filterOf(read(FULL), "genres"), false);
  assert.equal("year" in filterOf(read(FULL), "years"), false);
  assert.equal("duration" in filterOf(read(FULL), "length"), false);
  assert.deepEqual(filterOf(read("not-descriptor=drums")), { descriptors: { none_of: ["drums"] } });
  assert.equal(isFiltered(read(FULL)), true);
  assert.equal(isFiltered(unfiltered(read(FULL))), false);
  const { genres, moods } = unfiltered(read("genre=a&mood=b&mood-source=heard"));
  assert.deepEqual([genres, moods], [{ chosen: [], heard: false }, { chosen: [], heard: true }]);
});

test("a passage stays inside its sound and between its shortest and longest", () => {
  const near = (one, other) => {
    assert.ok(Math.abs(one.start - other.start) < 1e-9 && Math.abs(one.end - other.end) < 1e-9);
  };
  near(fitted({ start: 9, end: 4 }, 20), { start: 4, end: 9 });
  near(fitted({ start: 19.5, end: 20 }, 20), { start: 17, end: 20 });
  near(fitted({ start: -5, end: 1 }, 2), { start: 0, end: 2 });
  near(moved({ start: 4, end: 9 }, 100, 20), { start: 15, end: 20 });
  near(withEnd({ start: 4, end: 9 }, "start", 8.9, 20), { start: 9 - SHORTEST_SECONDS, end: 9 });
  near(withEnd({ start: 4, end: 9 }, "end", 0, 20), { start: 4, end: 4 + SHORTEST_SECONDS });
  near(around(0, 60), { start: 0, end: 10 });
  near(around(3, 4), { start: 0, end: 4 });
  const long = fitted({ start: 0, end: 5_000 }, 6_000);
  assert.equal(long.end - long.start, LONGEST_SECONDS);
});

test("a track counts once as heard, by what was heard of it and not by where it stands", () => {
  const told = [];
  const watch = counted((id) => told.push(id));
  const song = { track: { track_id: "a" } };
  const hear = (current, from, until, duration) => {
    for (let seconds = from; seconds <= until; seconds += 0.25) watch({ current, seconds, duration });
  };
  hear(song, 0, 10, 40);
  hear(song, 30, 39, 40);
  assert.deepEqual(told, []);
  hear(song, 5, 7, 40);
  hear(song, 7, 30, 40);
  assert.deepEqual(told, ["a"]);
  hear({ track: { track_id: "long" } }, 0, 31, 4_000);
  hear({ id: "clip:x" }, 0, 60, 60);
  assert.deepEqual(told, ["a", "long"]);
});

test("a label counts as heard from where filters look at it", () => {
  assert.deepEqual(LIKELY, JSON.parse(process.env.SEGUE_LIKELY));
  const moods = [{ label: "calm", probability: 0.3 }, { label: "dark", probability: 0.299 }, { label: "happy" }];
  assert.deepEqual(likely("moods", moods).map(({ label }) => label), ["calm"]);
  assert.deepEqual(likely("genres", moods), []);
});

test("genres of which none is likely are unknown, unless they are shares of a whole", () => {
  const heard = (...probabilities) => probabilities.map((probability, index) => ({ label: `${index}`, probability }));
  assert.equal(isUnknown("genres", heard(0.49, 0.2)), true);
  assert.equal(isUnknown("genres", heard(0.5, 0.2)), false);
  assert.equal(isUnknown("genres", heard(0.4, 0.35, 0.25)), false);
  assert.equal(isUnknown("genres", []), false);
});
