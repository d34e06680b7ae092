"""Saved playlists of the HTTP API: of the owner, of accounts, and what is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from waiting import until


@pytest.fixture(scope="module")
def users(page_stack, run_segue):
    """Run segue users, and give what it says."""

    def run(*words):
        done = run_segue("users", *words, "--json", stack=page_stack)
        assert done.code == 0, done
        return done.json

    return run


@pytest.fixture(scope="module")
def tokens(page_stack, users):
    """What each shows, by who it is."""
    users("add", "lea", "--no-password")
    return {"owner": page_stack.token, "lea": users("api-key", "lea")["secret"]}


@pytest.fixture(scope="module")
def api(page_stack, tokens):
    """Ask the API as the owner, as an account by its key, or as a guest."""

    def ask(who, method, path="", body=None, catalogue=""):
        headers = {"Content-Type": "application/json"}
        if who in tokens:
            headers["Authorization"] = f"Bearer {tokens[who]}"
        data = None if body is None else json.dumps(body).encode()
        query = f"?catalogue={catalogue}" if catalogue else ""
        address = f"{page_stack.page}api/v1/playlists{path}{query}"
        request = urllib.request.Request(address, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, json.loads(exc.read())["error"]["reason"]

    return ask


def test_a_playlist_is_saved_changed_and_removed(api):
    tracks = ["demo-jazz-1", "demo-jazz-2", "demo-jazz-1"]
    status, made = api("lea", "POST", body={"name": "Evening ☕", "track_ids": tracks})
    assert status == 201
    assert (made["owner"], made["own"]) == ("lea", True)
    assert (made["tracks"], made["public"]) == (3, False)
    assert made["duration_seconds"] == pytest.approx(66, abs=2)
    path = f"/{made['playlist_id']}"
    assert api("lea", "GET", path) == (200, made)
    status, changed = api("lea", "PUT", path, {"track_ids": tracks[1:], "public": True})
    assert (status, changed["name"], changed["track_ids"]) == (200, "Evening ☕", tracks[1:])
    status, listed = api("owner", "GET")
    assert made["playlist_id"] in [one["playlist_id"] for one in listed["playlists"]]
    assert api("owner", "PUT", path, {"name": "mine"}) == (403, "PLAYLIST_OF_ANOTHER")
    assert api("lea", "DELETE", path)[0] == 200
    assert api("lea", "GET", path) == (404, "PLAYLIST_NOT_FOUND")


def test_a_playlist_is_of_one_catalogue_and_seen_in_no_other(api):
    said = {"name": "Shelf", "track_ids": ["demo-jazz-1"], "catalogue": "archive"}
    status, made = api("lea", "POST", body=said)
    # Tracks of that id stand in the default catalogue alone: nothing is known of how long they are.
    assert (status, made["catalogue"], made["duration_seconds"]) == (201, "archive", 0)
    path = f"/{made['playlist_id']}"

    def ids(catalogue):
        _, listed = api("lea", "GET", catalogue=catalogue)
        return [one["playlist_id"] for one in listed["playlists"]]

    assert made["playlist_id"] in ids("archive")
    assert made["playlist_id"] not in ids("")
    assert api("lea", "GET", path, catalogue="archive") == (200, made)
    for who in ("lea", "owner"):
        assert api(who, "GET", path) == (404, "PLAYLIST_NOT_FOUND")
        assert api(who, "PUT", path, {"name": "x"}) == (404, "PLAYLIST_NOT_FOUND")
        assert api(who, "DELETE", path) == (404, "PLAYLIST_NOT_FOUND")
    status, changed = api("lea", "PUT", path, {"name": "Shelves", "catalogue": "archive"})
    assert (status, changed["name"], changed["catalogue"]) == (200, "Shelves", "archive")
    assert api("lea", "GET", catalogue="nowhere") == (404, "CATALOGUE_UNKNOWN")
    assert api("lea", "POST", body={**said, "catalogue": "nowhere"}) == (404, "CATALOGUE_UNKNOWN")
    assert api("lea", "DELETE", path, catalogue="archive")[0] == 200
    assert ids("archive") == []


def test_playlists_are_for_those_who_have_an_account(api):
    _, owners = api("owner", "POST", body={"name": "hidden"})
    path = f"/{owners['playlist_id']}"
    assert api("lea", "GET", path) == (404, "PLAYLIST_NOT_FOUND")
    assert api("lea", "DELETE", path) == (404, "PLAYLIST_NOT_FOUND")
    for method, where in (
        ("GET", ""),
        ("POST", ""),
        ("GET", path),
        ("PUT", path),
        ("DELETE", path),
    ):
        status, reason = api("guest", method, where, {} if method in ("POST", "PUT") else None)
        assert (status, reason) == (403, "ACCOUNT_NEEDED")
    assert api("owner", "DELETE", path)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 1},
        {"name": "n", "track_ids": "t"},
        {"name": "n", "track_ids": [""]},
        {"name": "n", "track_ids": [1]},
        {"name": "n", "public": "yes"},
        {"name": "n", "colour": "red"},
        {"name": "n", "track_ids": ["t"] * 10_001},
        [],
    ],
)
def test_what_is_no_playlist_is_refused(api, body):
    status, reason = api("lea", "POST", body=body)
    assert (status, reason) in ((400, "INVALID_ARGUMENT"), (400, "PLAYLIST_UNFIT"))


def test_what_an_account_kept_goes_with_it_and_not_to_the_next_of_its_name(api, tokens, users):
    users("add", "mia", "--no-password")
    tokens["mia"] = users("api-key", "mia")["secret"]
    _, hidden = api("mia", "POST", body={"name": "hidden"})
    _, public = api("mia", "POST", body={"name": "public", "public": True})
    users("remove", "mia")
    assert api("mia", "GET") == (401, "TOKEN_INVALID")
    assert users("add", "Mia", "--no-password")["account_id"] == "Mia~2"
    tokens["mia"] = users("api-key", "mia")["secret"]
    assert api("mia", "GET", f"/{hidden['playlist_id']}") == (404, "PLAYLIST_NOT_FOUND")
    _, own = api("mia", "POST", body={"name": "own"})
    assert (own["owner"], own["own"]) == ("Mia", True)
    gone = {hidden["playlist_id"], public["playlist_id"]}

    def listed():
        return {one["playlist_id"] for one in api("owner", "GET")[1]["playlists"]}

    until(lambda: not gone & listed())
    assert own["playlist_id"] in [one["playlist_id"] for one in api("mia", "GET")[1]["playlists"]]
