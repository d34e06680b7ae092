// The view of operations, as far as it is pure: run by test_page_files.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const { isReachable } = await import(pathToFileURL(`${process.env.SEGUE_PAGE}/app/operations/reachable.js`));

test("only addresses that a browser finds are links", () => {
  for (const [address, pageHost, expected] of [
    ["http://query:9101/metrics", "music.example", false],
    ["http://query:9101/metrics", "localhost", false],
    ["http://nas:9101/metrics", "nas", true],
    ["http://query.music.example:9101/metrics", "music.example", true],
    ["http://192.168.1.7:9101/metrics", "music.example", true],
    ["http://[fd00::7]:9101/metrics", "music.example", true],
    ["http://127.0.0.1:9101/metrics", "127.0.0.1", true],
    ["http://127.0.0.1:9101/metrics", "localhost", true],
    ["http://localhost:9101/metrics", "[::1]", true],
    ["http://127.0.0.1:9101/metrics", "music.example", false],
    ["http://localhost:9101/metrics", "192.168.1.7", false],
  ]) {
    assert.equal(isReachable(address, pageHost), expected, `${address} from ${pageHost}`);
  }
});
