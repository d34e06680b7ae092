"""What real players send, in their order, read from their sources; every answer is checked.

A call answers as the published description of OpenSubsonic says, or the player of the test fails
(:mod:`open_subsonic.client`). The players, with the state of their sources:

- Feishin, ``src/renderer/api/subsonic``, 98b84095
- Sonixd, ``src/api/api.ts``, f5900c2
- Supersonic, ``backend/mediaprovider/subsonic``, e3c2499, over go-subsonic 2bbe535
- Tempo, ``subsonic/api`` and ``util/MusicUtil.java``, 9cf62c8c
- Ultrasonic, ``core/subsonic-api``, 3694d6fa
- Symfonium, which is closed: its synchronisation as its author wrote down what it wants of servers
  (https://support.symfonium.app/t/expanding-subsonic-api/1115)
"""

from __future__ import annotations

import re
import shutil

import pytest
from mutagen.mp4 import MP4, MP4Cover

from open_subsonic.client import NAMESPACE, Player, fetch, signed
from segue.resources import resource_folder
from waiting import until

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def catalogue(page_stack, run_segue, tmp_path_factory):
    """The demo catalogue, and one song with a picture in its file."""
    painted = tmp_path_factory.mktemp("painted") / "painted.m4a"
    demo = resource_folder("deploy/demo/catalogue")
    shutil.copy(next(iter(sorted(demo.rglob("*.m4a")))), painted)
    tags = MP4(painted)
    tags["covr"] = [MP4Cover(PIXEL, imageformat=MP4Cover.FORMAT_PNG)]
    tags["\xa9nam"], tags["\xa9ART"], tags["\xa9alb"] = ["Painted"], ["Zoë & Co"], ["Gallery"]
    tags["\xa9gen"], tags["trkn"] = ["pop"], [(3, 9)]
    tags.save()
    done = run_segue("ingest", painted, stack=page_stack)
    assert done.code == 0, done.stderr
    return page_stack


@pytest.fixture(scope="module")
def account(catalogue, run_segue):
    """An account: its name, and an app password."""
    added = run_segue("users", "add", "Ann", "--no-password", stack=catalogue)
    assert added.code == 0, added.stderr
    made = run_segue("users", "app-password", "Ann", "--json", stack=catalogue)
    return "Ann", made.json["secret"]


@pytest.fixture(scope="module", autouse=True)
def library(catalogue, account):
    """The songs are on the shelves: what was read before they came is read again."""
    player = Player(catalogue.page, **signed(*account))
    until(lambda: any(album["name"] == "Gallery" for album in every(player, "album", 500)))


@pytest.fixture
def player(catalogue, account):
    """Make a player that sends ``common`` with every call, and signs as the token scheme wants."""

    def make(**common):
        return Player(catalogue.page, **signed(*account), **common)

    return make


def every(player, kind, size):
    """All of one kind as clients sync: by offsets, until a page is not full."""
    others = {f"{one}Count": 0 for one in ("artist", "album", "song") if one != kind}
    found = []
    while True:
        page = player.call(
            "search3.view",
            query='""',
            **{f"{kind}Count": size, f"{kind}Offset": len(found)},
            **others,
        )["searchResult3"][kind]
        found += page
        if len(page) < size:
            return found


def own_playlists(player):
    """Those of the account; public ones of others are listed too."""
    listed = player.call("getPlaylists.view")["playlists"]["playlist"]
    return [one for one in listed if one["owner"] == player.common["u"]]


def test_feishin(player):
    """Signs in, browses, searches, hears, likes, keeps a playlist."""
    feishin = player(v="1.13.0", c="Feishin")
    ping = feishin.call("ping.view")
    assert (ping["type"], ping["openSubsonic"]) == ("segue", True)
    extensions = feishin.call("getOpenSubsonicExtensions.view")["openSubsonicExtensions"]
    assert {one["name"] for one in extensions} >= {"sonicSimilarity", "formPost"}
    (folder,) = feishin.call("getMusicFolders.view")["musicFolders"]["musicFolder"]

    albums = feishin.call("getAlbumList2.view", type="alphabeticalByName", size=500, offset=0)
    names = [album["name"] for album in albums["albumList2"]["album"]]
    assert "Gallery" in names
    newest = feishin.call("getAlbumList2.view", type="newest", size=1, musicFolderId=folder["id"])
    (gallery,) = newest["albumList2"]["album"]
    assert (gallery["name"], gallery["artist"], gallery["songCount"]) == ("Gallery", "Zoë & Co", 1)
    (song,) = feishin.call("getAlbum.view", id=gallery["id"])["album"]["song"]
    assert (song["title"], song["track"], song["suffix"]) == ("Painted", 3, "m4a")

    feishin.call("getArtistInfo.view", id=song["artistId"])
    artist = feishin.call("getArtist.view", id=song["artistId"])["artist"]
    assert [album["id"] for album in artist["album"]] == [gallery["id"]]
    assert feishin.call("getTopSongs.view", artist=artist["name"], count=10)["topSongs"]
    found = feishin.call(
        "search3.view", query="zoe", albumCount=5, albumOffset=0, artistCount=5, artistOffset=0,
        songCount=5, songOffset=0,
    )["searchResult3"]  # fmt: skip
    assert [one["id"] for one in found["artist"]] == [artist["id"]]
    assert [one["id"] for one in found["album"]] == [gallery["id"]]
    assert song["id"] in [one["id"] for one in found["song"]]
    similar = feishin.call("getSimilarSongs.view", id=song["id"], count=10)["similarSongs"]["song"]
    assert len(similar) == 10
    assert song["id"] not in [one["id"] for one in similar]

    genres = feishin.call("getGenres.view")["genres"]["genre"]
    pop = next(genre for genre in genres if genre["value"] == "pop")
    of_genre = feishin.call("getSongsByGenre.view", genre="pop", count=500, offset=0)
    assert len(of_genre["songsByGenre"]["song"]) == pop["songCount"]

    # Its addresses of media hold the credential and no format.
    address = feishin.address("stream.view", id=song["id"])
    status, headers, body = fetch(address, headers={"Range": "bytes=4-11"})
    assert (status, headers["content-type"], len(body)) == (206, "audio/mp4", 8)
    assert body[:4] == b"ftyp"
    status, headers, body = feishin.bytes("getCoverArt.view", id=song["coverArt"], size=300)
    assert (status, headers["content-type"], body[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    feishin.call("scrobble.view", id=song["id"], submission="false")
    feishin.call("scrobble.view", id=song["id"], submission="true")

    feishin.call("star.view", id=song["id"])
    feishin.call("star.view", albumId=gallery["id"])
    starred = feishin.call("getStarred.view")["starred"]
    assert [one["id"] for one in (*starred["album"], *starred["song"])] == [
        gallery["id"], song["id"],
    ]  # fmt: skip
    assert "starred" in feishin.call("getSong.view", id=song["id"])["song"]
    feishin.call("unstar.view", id=song["id"])
    assert "starred" not in feishin.call("getSong.view", id=song["id"])["song"]

    made = feishin.call("createPlaylist.view", name="Sunday")["playlist"]
    added = [("songIdToAdd", one["id"]) for one in similar[:3]]
    feishin.call("updatePlaylist.view", *added, playlistId=made["id"])
    feishin.call("updatePlaylist.view", ("songIndexToRemove", "1"), playlistId=made["id"])
    playlist = feishin.call("getPlaylist.view", id=made["id"])["playlist"]
    assert [one["id"] for one in playlist["entry"]] == [similar[0]["id"], similar[2]["id"]]
    assert playlist["songCount"] == 2
    feishin.call(
        "updatePlaylist.view", playlistId=made["id"], name="Monday", comment="", public="true"
    )
    assert [(one["name"], one["public"]) for one in own_playlists(feishin)] == [("Monday", True)]
    feishin.call("deletePlaylist.view", id=made["id"])
    assert own_playlists(feishin) == []


def test_symfonium_synchronises_everything_by_offsets(player):
    symfonium = player(v="1.16.1", c="Symfonium")
    extensions = symfonium.call("getOpenSubsonicExtensions")["openSubsonicExtensions"]
    assert "apiKeyAuthentication" in {one["name"] for one in extensions}
    songs = every(symfonium, "song", 13)
    ids = [song["id"] for song in songs]
    assert len(ids) == len(set(ids)) == symfonium.call("getScanStatus")["scanStatus"]["count"]
    assert ids == [song["id"] for song in every(symfonium, "song", 500)]

    albums = {album["id"]: album for album in every(symfonium, "album", 7)}
    artists = {artist["id"]: artist for artist in every(symfonium, "artist", 7)}
    assert {song["albumId"] for song in songs} == set(albums)
    assert {song["artistId"] for song in songs} <= set(artists)
    assert {album["artistId"] for album in albums.values()} <= set(artists)
    assert sum(album["songCount"] for album in albums.values()) == len(songs)

    listed = symfonium.call("getStarred2")["starred2"]
    assert set(listed) == {"artist", "album", "song"}
    matches = symfonium.call("getSonicSimilarTracks", id=ids[0], count=8)["sonicMatch"]
    scores = [match["similarity"] for match in matches]
    assert len(scores) == 8
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    path = symfonium.call("findSonicPath", startSongId=ids[0], endSongId=ids[-1], count=6)
    steps = path["sonicMatch"]
    assert [steps[0]["entry"]["id"], steps[-1]["entry"]["id"]] == [ids[0], ids[-1]]
    assert len(steps) == 6
    assert steps[0]["similarity"] == pytest.approx(1, abs=1e-3)
    mixed = symfonium.call("getSimilarSongs2", id=next(iter(albums)), count=20)
    assert mixed["similarSongs2"]["song"]


def test_supersonic_speaks_xml(catalogue, account, player):
    """Asks before it has signed in, then browses in XML, with XML's types."""
    unsigned = Player(catalogue.page, f="xml", v="1.15.0", c="supersonic", u="Ann", t="", s="")
    _, headers, body = fetch(unsigned.address("ping"))
    assert headers["content-type"].startswith("text/xml")
    assert b'code="10"' in body
    supersonic = player(f="xml", v="1.15.0", c="supersonic")
    assert supersonic.xml("ping").get("type") == "segue"
    folder = supersonic.xml("getMusicFolders").find(f".//{NAMESPACE}musicFolder")
    assert folder.get("id").isdigit()
    albums = supersonic.xml("getAlbumList2", type="newest", size=20, offset=0)
    album = albums.find(f"{NAMESPACE}albumList2/{NAMESPACE}album")
    assert album.get("songCount") == "1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", album.get("created"))
    song = supersonic.xml("getAlbum", id=album.get("id")).find(f".//{NAMESPACE}song")
    assert (song.get("title"), song.get("isDir")) == ("Painted", "false")
    assert song.find(f"{NAMESPACE}artists").get("name") == "Zoë & Co"
    assert song.find(f"{NAMESPACE}genres").get("name") == "pop"
    genre = supersonic.xml("getGenres").find(f".//{NAMESPACE}genre")
    assert genre.text
    assert genre.get("songCount").isdigit()
    radio = supersonic.xml("getSimilarSongs", id=song.get("id"), count=5)
    assert len(radio.findall(f"{NAMESPACE}similarSongs/{NAMESPACE}song")) == 5
    artist_radio = supersonic.xml("getSimilarSongs2", id=song.get("artistId"), count=5)
    assert len(artist_radio.findall(f"{NAMESPACE}similarSongs2/{NAMESPACE}song")) == 5
    match = supersonic.xml("getSonicSimilarTracks", id=song.get("id"), count=1).find(
        f"{NAMESPACE}sonicMatch"
    )
    assert match.find(f"{NAMESPACE}entry").get("id").startswith("tr-")
    assert 0 <= float(match.find(f"{NAMESPACE}similarity").text) <= 1
    supersonic.xml("getInternetRadioStations")
    supersonic.xml("scrobble", id=song.get("id"), time=1_790_000_000_000, submission="true")
    made = supersonic.xml(
        "createPlaylist", ("songId", song.get("id")), ("songId", song.get("id")), name="<&>"
    ).find(f"{NAMESPACE}playlist")
    assert (made.get("name"), len(made.findall(f"{NAMESPACE}entry"))) == ("<&>", 2)
    supersonic.xml("createPlaylist", ("songId", song.get("id")), playlistId=made.get("id"))
    again = supersonic.xml("getPlaylist", id=made.get("id")).find(f"{NAMESPACE}playlist")
    assert (again.get("songCount"), again.get("name")) == ("1", "<&>")
    supersonic.xml("deletePlaylist", id=made.get("id"))


def test_tempo(player):
    """Searches with three counts, mixes from a song, asks for few bits, loads a file."""
    tempo = player(v="1.15.0", c="Tempo")
    tempo.call("ping")
    tempo.call("getOpenSubsonicExtensions")
    for kind in ("newest", "recent", "frequent", "random", "starred"):
        tempo.call("getAlbumList2", type=kind, size=12, offset=0)
    by_year = tempo.call(
        "getAlbumList2", type="byYear", size=500, offset=0, fromYear=2100, toYear=0
    )
    years = [album["year"] for album in by_year["albumList2"]["album"]]
    assert years == sorted(years, reverse=True)
    assert len(set(years)) > 1
    found = tempo.call("search3", query="painted", songCount=20, albumCount=20, artistCount=20)
    (song,) = found["searchResult3"]["song"]
    tempo.call("search2", query="painted", songCount=20, albumCount=20, artistCount=20)
    tempo.call("getRandomSongs", size=100, fromYear=1960, toYear=2030)
    assert tempo.call("getSimilarSongs2", id=song["id"], count=20)["similarSongs2"]["song"]
    tempo.call("getArtistInfo2", id=song["artistId"])
    tempo.call("getAlbumInfo2", id=song["albumId"])
    status, headers, body = tempo.bytes("stream", maxBitRate=0, format="raw", id=song["id"])
    assert (status, headers["content-type"]) == (200, "audio/mp4")
    assert len(body) == int(headers["content-length"])
    status, headers, loaded = tempo.bytes("download", id=song["id"])
    assert (status, loaded) == (200, body)
    assert headers["content-disposition"].startswith("attachment")
    status, headers, body = tempo.bytes("stream", maxBitRate=128, format="mp3", id=song["id"])
    assert (status, headers["content-type"]) == (200, "audio/mpeg")
    assert headers["accept-ranges"] == "bytes"


def test_ultrasonic(catalogue, account):
    """Sends its password in hex until it knows the version, browses folders, goes on by Range."""
    name, password = account
    plain = {"u": name, "c": "Ultrasonic"}
    old = Player(catalogue.page, **plain, v="1.7.0", p=f"enc:{password.encode().hex()}")
    assert old.call("ping.view")["version"] == "1.16.1"
    ultrasonic = Player(catalogue.page, **plain, v="1.16.0", **{
        key: value for key, value in signed(name, password, "0f1e2d").items() if key != "u"
    })  # fmt: skip
    assert ultrasonic.call("getLicense.view")["license"]["valid"]
    user = ultrasonic.call("getUser.view", username=name)["user"]
    assert (user["streamRole"], user["adminRole"]) == (True, False)
    indexes = ultrasonic.call("getIndexes.view", musicFolderId=1)["indexes"]
    (letter,) = [index for index in indexes["index"] if index["name"] == "Z"]
    artist = next(one for one in letter["artist"] if one["name"] == "Zoë & Co")
    (album,) = ultrasonic.call("getMusicDirectory.view", id=artist["id"])["directory"]["child"]
    assert album["isDir"]
    inside = ultrasonic.call("getMusicDirectory.view", id=album["id"])["directory"]
    (song,) = inside["child"]
    assert inside["parent"] == artist["id"]
    ultrasonic.call("getAlbumList.view", type="alphabeticalByArtist", size=20, offset=0)
    for method in ("getPodcasts", "getShares", "getBookmarks", "getVideos", "getLyrics"):
        ultrasonic.call(f"{method}.view")
    _, headers, whole = ultrasonic.bytes("stream.view", id=song["id"], maxBitRate=0)
    status, headers, rest = ultrasonic.bytes(
        "stream.view", id=song["id"], maxBitRate=0, headers={"Range": "bytes=1000-"}
    )
    assert (status, rest) == (206, whole[1000:])
    assert headers["content-range"] == f"bytes 1000-{len(whole) - 1}/{len(whole)}"
    # An error instead of audio is told by its type.
    status, headers, _ = ultrasonic.bytes("stream.view", id="tr-nothing", f="json")
    assert (status, headers["content-type"]) == (200, "application/json")


def test_sonixd(player):
    """Chains of calls that it makes for one view, and how it empties a playlist."""
    sonixd = player(v="1.13.0", c="sonixd")
    listed = sonixd.call("getArtists.view")["artists"]["index"]
    artist = listed[-1]["artist"][-1]
    albums = sonixd.call("getArtist.view", id=artist["id"])["artist"]["album"]
    sonixd.call("getArtistInfo2", id=artist["id"], count=15)
    songs = [
        song
        for album in albums
        for song in sonixd.call("getAlbum.view", id=album["id"])["album"]["song"]
    ]
    sonixd.call("star.view", *[("id", song["id"]) for song in songs])
    assert len(sonixd.call("getStarred2.view")["starred2"]["song"]) == len(songs)
    sonixd.call("unstar.view", *[("id", song["id"]) for song in songs])
    made = sonixd.call("createPlaylist.view", name="Big")["playlist"]
    for _ in range(2):
        added = [("songIdToAdd", song["id"]) for song in songs]
        sonixd.call("updatePlaylist.view", *added, playlistId=made["id"])
    playlist = sonixd.call("getPlaylist.view", id=made["id"])["playlist"]
    assert playlist["songCount"] == 2 * len(songs)
    sonixd.call("createPlaylist.view", playlistId=made["id"], songId="")
    assert sonixd.call("getPlaylist.view", id=made["id"])["playlist"]["entry"] == []
    sonixd.call("deletePlaylist.view", id=made["id"])
    assert sonixd.refused("startScan.view") == 50
