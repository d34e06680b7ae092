"""Which track a name means, at the catalogue of five."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from command_run import Run, against
from query_service import CATALOGUE, DIMENSION, TOKEN, Service, direction, embedded, serve
from segue.cli.client import SegueClient
from segue.cli.track_finder import TrackAmbiguous, find_track, find_tracks
from segue.errors import TrackNotFound
from segue.index.exact import ExactIndex
from segue.ingest_jobs import derived_track_id
from segue.library.places import uri_of
from segue.query.access import Access
from segue.tracks import EmbeddedTrack, Track, TrackMetadata


class CountingClient(SegueClient):
    """Remembers what it was asked."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.calls: list[str] = []

    def catalog(self, method: str, request: object) -> object:
        self.calls.append(method)
        return super().catalog(method, request)


def stored(track_id: str, uri: str = "", title: str = "", **metadata: object) -> EmbeddedTrack:
    known = Track(
        track_id,
        TrackMetadata(title=title, **metadata),  # type: ignore[arg-type]
        source_uri=uri,
    )
    return EmbeddedTrack(known, "bands-v1", direction(50))


@pytest.fixture
async def client(service: Service) -> AsyncIterator[CountingClient]:
    with CountingClient(service.address) as opened:
        yield opened


async def found(client: SegueClient, name: str) -> str:
    return await asyncio.to_thread(find_track, client, name)


async def test_ids_cost_one_call_however_many(client: CountingClient) -> None:
    answer = await asyncio.to_thread(find_tracks, client, ["e", "a", "c", "a"])
    assert answer.ids == {"e": "e", "a": "a", "c": "c"}
    assert client.calls == ["GetTracks"]


@pytest.mark.parametrize(
    "name",
    ["file:///music/b.flac", "/music/b.flac", "/music/x/../b.flac", "file:///music/%62.flac"],
)
async def test_a_track_is_found_by_the_place_of_its_file(client: CountingClient, name: str) -> None:
    assert await found(client, name) == "b"


async def test_an_id_that_follows_from_the_place_is_not_searched_for(
    service: Service,
    client: CountingClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uri = uri_of(tmp_path / "Für Elise.mp3")
    track_id = derived_track_id("uri", uri)
    await service.index.upsert([stored(track_id, uri)])
    monkeypatch.chdir(tmp_path)
    for name in ("Für Elise.mp3", "./Für Elise.mp3", str(tmp_path / "Für Elise.mp3"), uri):
        assert await found(client, name) == track_id
    assert set(client.calls) == {"GetTracks"}


async def test_a_track_that_moved_away_is_not_what_its_old_place_names(
    service: Service, client: CountingClient
) -> None:
    old, new = "file:///old/x.mp3", "file:///new/x.mp3"
    track_id = derived_track_id("uri", old)
    await service.index.upsert([stored(track_id, new)])
    with pytest.raises(TrackNotFound):
        await found(client, "/old/x.mp3")
    assert await found(client, "/new/x.mp3") == track_id


@pytest.mark.parametrize("name", ["Ann – A", "ann - a", "ANN  —  a"])
async def test_a_track_is_found_by_artist_and_title(client: CountingClient, name: str) -> None:
    assert await found(client, name) == "a"


async def test_dashes_in_names_and_each_artist_of_several(
    service: Service, client: CountingClient
) -> None:
    await service.index.upsert(
        [
            stored("one", title="Air - Reprise", artist="Jean - Luc"),
            stored("two", title="Café", artists=("Ann", "Zoë")),
            stored("three", "http://host/AC%20DC.mp3", artist="AC/DC"),
        ]
    )
    assert await found(client, "Jean - Luc - Air - Reprise") == "one"
    assert await found(client, "zoe\u0308 - CAFE\u0301") == "two"
    assert await found(client, "AC/DC – AC DC.mp3") == "three"


async def test_a_track_is_found_by_words(service: Service, client: CountingClient) -> None:
    await service.index.upsert(
        [
            stored("fifth", title="Symphony No. 5", artist="Beethoven", album="Symphonien"),
            stored("ninth", title="Symphony No. 9", artist="Beethoven", album="Symphonien"),
            stored("home", title="Home", artist="Mötley Crüe"),
            stored("sweet", title="Home Sweet Home", artist="Mötley Crüe"),
            stored("homes", title="Homesick", artist="Zoë"),
        ]
    )
    for name, track_id in {
        "beet symph 5": "fifth",
        "SYMPHONIEN 9": "ninth",
        "motley sweet": "sweet",
        "home": "home",
        "Home Sweet Home": "sweet",
        "homesi": "homes",
        "motley crue home": "home",
        "zoe": "homes",
    }.items():
        assert await found(client, name) == track_id, name
    for name, several in {"beet symph": 2, "motley": 2, "hom crue": 2}.items():
        with pytest.raises(TrackAmbiguous, match=f"names {several} tracks"):
            await found(client, name)
    for name in ("beethoven mozart", "file:///home", "/home", "ethoven"):
        with pytest.raises(TrackNotFound):
            await found(client, name)


async def test_what_cannot_be_undone_takes_whole_words(
    service: Service, client: CountingClient
) -> None:
    await service.index.upsert([stored("one", title="Homesick Blues", artist="Zoë")])
    with pytest.raises(TrackNotFound):
        await asyncio.to_thread(find_track, client, "homesi", whole_words=True)
    for name in ("homesick blues", "blues zoe"):
        assert await asyncio.to_thread(find_track, client, name, whole_words=True) == "one"


async def test_names_longer_than_a_query_are_found_by_all_of_their_words(
    service: Service, client: CountingClient
) -> None:
    title = " ".join(f"movement{number}" for number in range(60))
    await service.index.upsert([stored("one", title=title), stored("two", title=f"{title} live")])
    assert await found(client, title) == "one"
    assert await found(client, f"{title} LIVE") == "two"
    with pytest.raises(TrackNotFound):
        await found(client, f"{title} studio")


async def test_words_that_too_many_have_are_ambiguous(
    service: Service, client: CountingClient
) -> None:
    many = [stored(f"t{number}", title=f"Song {number}") for number in range(5_100)]
    await service.index.upsert(many)
    with pytest.raises(TrackAmbiguous, match="names at least 5000 tracks"):
        await found(client, "song")
    assert await found(client, "song 5099") == "t5099"


async def test_several_are_named_with_their_ids(service: Service, client: CountingClient) -> None:
    same = [stored(f"copy-{n}", "file:///m/same.mp3", "Song", artist="Ann") for n in range(7)]
    await service.index.upsert(same)
    for name in ("Ann - Song", "/m/same.mp3"):
        with pytest.raises(TrackAmbiguous) as raised:
            await found(client, name)
        assert raised.value.reason == "TRACK_AMBIGUOUS"
        assert "names 7 tracks" in str(raised.value)
        assert str(raised.value).count("copy-") == 5
        assert str(raised.value).endswith("and 2 more")


@pytest.mark.parametrize(
    "name", ["nobody", "", "Ann - Z", " - ", "\udc80.mp3", "x" * 5_000, "a\nb", "http://[/x"]
)
async def test_what_names_nothing_is_refused(client: CountingClient, name: str) -> None:
    with pytest.raises(TrackNotFound):
        await found(client, name)


async def test_every_command_takes_names(run: Run) -> None:
    assert json.loads((await run("track", "bob - b", "--json")).stdout)["track"]["track_id"] == "b"
    told = json.loads((await run("search", "--track", "/music/a.flac", "--json")).stdout)
    assert [one["track"]["track_id"] for one in told["results"]] == ["b", "c", "d", "e"]
    told = json.loads((await run("search", "--track", "bob b", "--json")).stdout)
    assert told["results"][0]["track"]["track_id"] == "a"
    result = await run("edit", "Dee - D", "--album", "Deeds", "--json")
    assert json.loads(result.stdout)["track"]["metadata"]["album"] == "Deeds"


async def test_tracks_are_deleted_and_the_absent_named(run: Run, service: Service) -> None:
    result = await run("delete", "a", "/music/b.flac", "file:///music/b.flac", "nobody")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "deleted a",
        "deleted b: /music/b.flac",
        "deleted b: file:///music/b.flac",
    ]
    assert result.stderr == "absent nobody: no track is named like this\n"
    assert set(await service.index.get(["a", "b", "c"])) == {"c"}

    result = await run("delete", "c", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"deleted": [{"name": "c", "track_id": "c"}], "absent": []}


async def test_nothing_is_deleted_where_one_name_is_unclear(run: Run, service: Service) -> None:
    await service.index.upsert(
        [embedded("twin", 5, artist="Ann"), stored("x", title="Twin", artist="Ann")]
    )
    result = await run("delete", "a", "Ann - Twin")
    assert result.exit_code == 1
    assert "[TRACK_AMBIGUOUS]" in result.stderr
    assert len(await service.index.get(["a", "twin", "x"])) == 3


async def test_every_field_is_edited_and_cleared(run: Run, service: Service) -> None:
    result = await run(
        "edit", "a", "--title", "T", "--artist", "Ann", "--artist", "Bob", "--shown-artist",
        "Ann feat. Bob", "--album", "Al", "--album-artist", "AA", "--genre", "Jazz", "--genre",
        "Blues", "--mood", "calm", "--year", 1999, "--isrc", "us-rc1-76-07839",
        "--musicbrainz-recording-id", "12345678-1234-5678-1234-567812345678",
        "--musicbrainz-release-id", "12345678-1234-5678-1234-567812345679",
        "--musicbrainz-artist-id", "12345678-1234-5678-1234-56781234567a", "--track-number", 3,
        "--disc-number", 2, "--bpm", 127.5, "--key", "8A", "--language", "ENG", "--not-explicit",
        "--track-gain-db", "-7.5",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Ann feat. Bob – T" in result.stdout
    metadata = (await service.index.get(["a"]))["a"].metadata
    assert metadata == TrackMetadata(
        "T", "Ann feat. Bob", "Al", ("jazz", "blues"), ("calm",), 1999, ("Ann", "Bob"), "AA",
        "USRC17607839", "12345678-1234-5678-1234-567812345678",
        "12345678-1234-5678-1234-567812345679", ("12345678-1234-5678-1234-56781234567a",),
        3, 2, 127.5, "Am", "eng", False, -7.5,
    )  # fmt: skip

    result = await run("edit", "a", "--clear", "year", "--clear", "artists", "--clear", "explicit")
    assert result.exit_code == 0
    metadata = (await service.index.get(["a"]))["a"].metadata
    assert (metadata.year, metadata.artist, metadata.artists) == (None, "", ())
    assert metadata.explicit is None
    assert metadata.title == "T"


async def test_a_correction_is_shown_as_one_and_reset(run: Run, service: Service) -> None:
    result = await run("edit", "b", "--title", "T", "--clear", "genres")
    rows = [[*filter(None, line.strip("│ ").split())] for line in result.stdout.split("\n")]
    rows = [[word for word in row if word != "│"] for row in rows]
    assert ["title", "T", "corrected"] in rows
    assert ["genres", "(nothing)", "corrected"] in rows
    assert ["artist", "Bob", "given"] in rows

    result = await run("edit", "b", "--reset", "genres", "--album", "Al", "--json")
    told = json.loads(result.stdout)["track"]
    assert told["metadata"]["genres"] == ["jazz", "blues"]
    assert told["field_sources"]["genres"] == "FIELD_SOURCE_GIVEN"
    assert told["field_sources"]["album"] == "FIELD_SOURCE_CORRECTED"
    assert told["hidden_tags"]["title"] == "B"

    assert (await run("edit", "b", "--reset", "all")).exit_code == 0
    assert (await service.index.get(["b"]))["b"] == CATALOGUE[1].track
    told = json.loads((await run("track", "b", "--json")).stdout)["track"]
    assert told["field_sources"]["title"] == "FIELD_SOURCE_TAGS"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--title", "x", "--reset", "title"), 2, "title cannot be changed and reset at once"),
        (("--artist", "x", "--reset", "artist"), 2, "cannot be changed and reset at once"),
        (("--clear", "title", "--reset", "all"), 2, "cannot be changed and reset at once"),
        (("--reset", "colour"), 2, "colour"),
        ((), 2, "say what to change"),
        (("--year", "5"), 2, "--year"),
        (("--title", "x", "--clear", "title"), 2, "at once"),
        (("--clear", "colour"), 2, "colour"),
        (("--key", "H"), 1, "key: 'H' is not a musical key"),
        (("--title", "a\x1bb"), 1, "[INVALID_ARGUMENT]"),
    ],
)
async def test_wrong_corrections_are_refused(
    run: Run, words: tuple[str, ...], code: int, told: str
) -> None:
    result = await run("edit", "a", *words)
    assert result.exit_code == code
    assert told in result.stderr


async def test_guests_may_neither_delete_nor_edit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ExactIndex(space="bands-v1", dimension=DIMENSION)
    uri = "file:///music/folder/x.mp3"
    track_id = derived_track_id("uri", uri)
    await index.upsert([*CATALOGUE, stored(track_id, uri)])
    async for guarded in serve(index, tmp_path, access=Access(TOKEN)):
        run = against(guarded.address)
        for words in (("delete", "a"), ("edit", "a", "--title", "x"), ("delete", "nobody")):
            result = await run(*words)
            assert result.exit_code == 1
            assert "[OWNER_ONLY] Show the owner's token" in result.stderr
        # Guests see no folders, but can name a file whose place they know.
        told = json.loads((await run("track", "/music/folder/x.mp3", "--json")).stdout)
        assert told["track"]["track_id"] == track_id
        monkeypatch.setenv("SEGUE_OWNER_TOKEN", TOKEN)
        assert (await run("delete", "a")).exit_code == 0
