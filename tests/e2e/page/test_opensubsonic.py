"""OpenSubsonic as its description wants it: who may call, how it refuses, what all answers are."""

from __future__ import annotations

import contextlib
import json
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from e2e.tones import write_tone
from open_subsonic.client import Player, fetch, signed
from open_subsonic.contract import ANSWERS
from segue.cli.client import SegueClient
from segue.v1 import similarity_service_pb2
from segue.web.subsonic.table import METHODS
from waiting import until

EXTENSIONS = "getOpenSubsonicExtensions"


@pytest.fixture(scope="module")
def credentials(page_stack, run_segue):
    """An account with an app password and an API key: name, password, key, ids of both."""
    assert run_segue("users", "add", "bob", "--no-password", stack=page_stack).code == 0
    made = [
        run_segue("users", kind, "bob", "--json", stack=page_stack).json
        for kind in ("app-password", "api-key")
    ]
    return "bob", made[0]["secret"], made[1]["secret"]


@pytest.fixture
def player(page_stack, credentials):
    """A player with an API key."""
    return Player(page_stack.page, apiKey=credentials[2], v="1.16.1", c="test")


def test_who_calls_is_known_in_each_way(page_stack, credentials):
    name, password, key = credentials
    ways = [
        {"u": name, "p": password},
        {"u": name.upper(), "p": f"enc:{password.encode().hex()}"},
        signed(name, password, "päpper"),
        {"apiKey": key},
    ]
    for way in ways:
        assert Player(page_stack.page, **way).call("tokenInfo")["tokenInfo"]["username"] == name


def test_who_does_not_say_who_they_are_hears_why(page_stack, credentials):
    name, password, key = credentials
    token = signed(name, password)
    refusals = [
        ({}, 10),
        ({"u": name}, 10),
        ({"u": name, "t": token["t"]}, 10),
        ({"u": name, "p": "wrong"}, 40),
        (token | {"s": "another"}, 40),
        ({"u": "nobody", "p": password}, 40),
        ({"apiKey": key, "u": name}, 43),
        (token | {"p": password}, 43),
        ({"apiKey": "wrong"}, 44),
    ]
    for way, code in refusals:
        assert Player(page_stack.page, **way).refused("ping") == code, way
    assert Player(page_stack.page).call(EXTENSIONS)
    # The owner's own ways are not for players: neither the token nor a cookie is heeded.
    authorised = {"Authorization": f"Bearer {page_stack.token}"}
    _, _, body = fetch(Player(page_stack.page).address("ping", f="json"), headers=authorised)
    assert json.loads(body)["subsonic-response"]["error"]["code"] == 10


def test_a_revoked_password_is_none_any_more(page_stack, run_segue):
    assert run_segue("users", "add", "eve", "--no-password", stack=page_stack).code == 0
    made = run_segue("users", "app-password", "eve", "--json", stack=page_stack).json
    player = Player(page_stack.page, **signed("eve", made["secret"]))
    player.call("ping")
    assert run_segue("users", "revoke", "eve", made["id"], stack=page_stack).code == 0
    assert player.refused("ping") == 40
    assert run_segue("users", "remove", "eve", stack=page_stack).code == 0


def test_every_method_answers_as_described(player):
    """With the parameters that it wants, each method gives an answer that is fine."""
    song = player.call("search3", query="", songCount=1)["searchResult3"]["song"][0]
    other = player.call("getRandomSongs", size=500)["randomSongs"]["song"][-1]
    made = player.call("createPlaylist", name="all")["playlist"]
    wanted = {
        "getSong": {"id": song["id"]},
        "getAlbum": {"id": song["albumId"]},
        "getAlbumInfo": {"id": song["albumId"]},
        "getAlbumInfo2": {"id": song["albumId"]},
        "getArtist": {"id": song["artistId"]},
        "getArtistInfo": {"id": song["artistId"]},
        "getArtistInfo2": {"id": song["artistId"]},
        "getMusicDirectory": {"id": song["albumId"]},
        "getAlbumList": {"type": "random"},
        "getAlbumList2": {"type": "byGenre", "genre": song["genre"]},
        "getSongsByGenre": {"genre": song["genre"]},
        "getTopSongs": {"artist": song["artist"]},
        "search2": {"query": ""},
        "search3": {"query": ""},
        "getSimilarSongs": {"id": song["albumId"]},
        "getSimilarSongs2": {"id": song["artistId"]},
        "getSonicSimilarTracks": {"id": song["id"]},
        "findSonicPath": {"startSongId": song["id"], "endSongId": other["id"], "count": 4},
        "getPlaylist": {"id": made["id"]},
        "createPlaylist": {"playlistId": made["id"], "songId": song["id"]},
        "updatePlaylist": {"playlistId": made["id"], "comment": "c"},
        "star": {"artistId": song["artistId"]},
        "unstar": {"artistId": song["artistId"]},
        "scrobble": {"id": song["id"]},
    }
    last = ["deletePlaylist"]
    refused = {"startScan"}
    for method in sorted(set(ANSWERS) - set(last) - refused):
        player.call(method, **wanted.get(method, {}))
    player.call("deletePlaylist", id=made["id"])
    # What is wanted and not there is named; methods that want nothing were called above.
    for method in wanted:
        if method not in ("search2", "search3"):
            assert player.refused(method) == 10, method
    assert set(METHODS) - set(ANSWERS) == {"stream", "download", "getCoverArt"}


def test_lists_follow_the_catalogue_within_seconds(player, page_stack, run_segue, tmp_path):
    """What is ingested, corrected and deleted is so in the lists of players soon."""

    def is_listed(title):
        return any(
            song["title"] == title
            for song in player.call("search3", query="", songCount=10_000)["searchResult3"]["song"]
        )

    def soon(title, *, listed):
        until(lambda: is_listed(title) == listed)

    assert not is_listed("breaking")
    tone = tmp_path / "breaking.wav"
    write_tone(tone, 440)
    sent = run_segue("ingest", tone, "--json", stack=page_stack)
    assert sent.code == 0, sent.stderr
    soon("breaking", listed=True)
    songs = player.call("search3", query="", songCount=10_000)["searchResult3"]["song"]
    (track_id,) = (one["id"][3:] for one in songs if one["title"] == "breaking")
    assert run_segue("edit", track_id, "--title", "Old news", stack=page_stack).code == 0
    soon("Old news", listed=True)
    first, second, third = [one["id"] for one in songs if one["title"] != "breaking"][:3]
    kept = [("songId", one) for one in (first, f"tr-{track_id}", second, third)]
    made = player.call("createPlaylist", *kept, name="With a gap")["playlist"]
    assert run_segue("delete", track_id, stack=page_stack).code == 0
    soon("Old news", listed=False)
    # Players count the songs that they are shown.
    player.call("updatePlaylist", playlistId=made["id"], songIndexToRemove=1)
    left = player.call("getPlaylist", id=made["id"])["playlist"]["entry"]
    assert [one["id"] for one in left] == [first, third]
    player.call("deletePlaylist", id=made["id"])


def test_what_is_not_there_is_said_to_be_missing(player):
    assert player.refused("getCoverArt", id="tr-demo-piano-1") == 70
    for identifier in ("tr-nothing", "tx-!", "al-nothing", "ar-1", "pl-1", "nothing"):
        for method in ("getSong", "getAlbum", "getArtist", "getPlaylist", "getCoverArt", "stream",
                       "getSimilarSongs", "star", "getMusicDirectory"):  # fmt: skip
            assert player.refused(method, id=identifier) == 70, (method, identifier)
    assert player.refused("getSong", id="tr-" + "x" * 300) == 0


def test_wrong_values_and_forms_are_refused(player):
    assert player.refused("getRandomSongs", size="many") == 0
    assert player.refused("scrobble", id="tr-demo-piano-1", submission="perhaps") == 0
    assert player.refused("scrobble", id="tr-demo-piano-1", time="9" * 18) == 0
    assert player.refused("findSonicPath", startSongId="tr-a", endSongId="tr-b", count=1) == 0
    assert player.refused("getAlbumList2", type="by-mood") == 0
    assert player.refused("getUser", username="somebody") == 50
    assert player.refused("getNothing") == 0
    _, headers, body = fetch(player.address("ping", f="jsonp", callback="call"))
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["subsonic-response"]["status"] == "failed"


def test_forms_are_taken_and_pages_of_elsewhere_may_ask(player, credentials):
    long = [("songId", "tr-demo-piano-1")] * 2_000
    form = [("apiKey", credentials[2]), ("f", "json"), ("name", "long"), *long]
    status, headers, body = fetch(
        f"{player.rest}createPlaylist.view", body=form, headers={"Origin": "https://player.example"}
    )
    made = json.loads(body)["subsonic-response"]["playlist"]
    assert (status, made["songCount"]) == (200, 2_000)
    assert headers["access-control-allow-origin"] == "*"
    player.call("deletePlaylist", id=made["id"])
    status, headers, _ = fetch(player.address("ping"), method="HEAD")
    assert (status, headers["content-type"]) == (200, "text/xml; charset=utf-8")
    status, headers, _ = fetch(player.address("stream", id="tr-demo-piano-1"), method="HEAD")
    assert (status, headers["accept-ranges"]) == (200, "bytes")
    assert int(headers["content-length"]) > 10_000


def test_playlists_of_others_are_heard_but_not_changed(player, page_stack, run_segue):
    assert run_segue("users", "add", "zoe", "--no-password", stack=page_stack).code == 0
    key = run_segue("users", "api-key", "zoe", "--json", stack=page_stack).json["secret"]
    zoe = Player(page_stack.page, apiKey=key)
    made = zoe.call("createPlaylist", ("songId", "tr-demo-piano-1"), name="hers")["playlist"]
    assert player.refused("getPlaylist", id=made["id"]) == 70
    zoe.call("updatePlaylist", playlistId=made["id"], public="true")
    heard = player.call("getPlaylist", id=made["id"])["playlist"]
    assert (heard["owner"], heard["songCount"], heard["readonly"]) == ("zoe", 1, True)
    assert player.refused("updatePlaylist", playlistId=made["id"], name="mine") == 50
    assert player.refused("deletePlaylist", id=made["id"]) == 50

    # The owner of the stack has them too, by the other API.
    owner = {"Authorization": f"Bearer {page_stack.token}", "Content-Type": "application/json"}
    saved = made["id"].removeprefix("pl-")
    address = f"{page_stack.page}api/v1/playlists"
    _, _, body = fetch(address, headers=owner)
    assert saved in [one["playlist_id"] for one in json.loads(body)["playlists"]]
    status, _, _ = fetch(f"{address}/{saved}", headers=owner, method="DELETE")
    assert status == 200
    assert zoe.refused("getPlaylist", id=made["id"]) == 70


def test_plays_are_recorded_for_the_account(page_stack, run_segue):
    """What was scrobbled is what a search by the listener begins with."""
    assert run_segue("users", "add", "max", "--no-password", stack=page_stack).code == 0
    key = run_segue("users", "api-key", "max", "--json", stack=page_stack).json["secret"]
    player = Player(page_stack.page, apiKey=key)
    player.call("scrobble", id="tr-demo-metal-1", time=int(time.time() * 1_000))
    by_listener = similarity_service_pb2.ListenerSeed(user_id="max")
    seeds = [
        similarity_service_pb2.Seed(listener=by_listener),
        similarity_service_pb2.Seed(track_id="demo-metal-1"),
    ]
    with SegueClient(page_stack.address, token=page_stack.token) as client:
        found = [
            client.search(similarity_service_pb2.SearchSimilarTracksRequest(seed=seed)).results
            for seed in seeds
        ]
    first, second = [[one.track.track_id for one in results] for results in found]
    assert first[:5] == second[:5]


def test_guessing_is_slowed_down(page_stack, run_segue):
    """Wrong passwords are refused after a few; its owner's, from elsewhere, is not."""
    assert run_segue("users", "add", "guessed", "--no-password", stack=page_stack).code == 0
    made = run_segue("users", "app-password", "guessed", "--json", stack=page_stack).json
    owner = Player(page_stack.page, **signed("guessed", made["secret"]))
    owner.call("ping")
    guesses = [
        fetch_from("127.0.0.2", Player(page_stack.page, u="guessed", p=f"{number}").address("ping"))
        for number in range(14)
    ]
    assert {status for status, _, _ in guesses[:9]} == {200}
    status, headers, body = guesses[-1]
    assert status == 429
    assert int(headers["retry-after"]) > 0
    assert b"too many attempts" in body
    owner.call("ping")


def fetch_from(source, address):
    """Status, headers and body, for a machine of another address on the loopback."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, source_address=(source, 0), timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
