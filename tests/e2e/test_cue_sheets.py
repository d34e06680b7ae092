"""Long files that cue sheets divide, from the disk into the catalogue and after every change."""

import json
import os

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC

from e2e.tones import CLIP_SECONDS, RATE_HZ
from segue.cli.client import SegueClient
from segue.library.places import place_of
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2

SECONDS = int(CLIP_SECONDS) + 1
"""Of each track of an album."""


@pytest.fixture(scope="module")
def stack(start_stack, tmp_path_factory):
    return start_stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def client(stack):
    with SegueClient(stack.address, token=stack.token) as connected:
        yield connected


def write_album(path, pitches):
    """A tone for each track, one after the other in one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).standard_normal(times.size * len(pitches))
    tones = np.concatenate([np.sin(2 * np.pi * pitch * times) for pitch in pitches])
    soundfile.write(path, 0.3 * tones + 0.005 * noise, RATE_HZ, subtype="PCM_16")
    age(path)


def age(path):
    """Let a file have changed long enough ago to be believed the next time."""
    number = path.stat().st_size % 10**6
    os.utime(path, ns=(10**18 + number, 10**18 + number))


def sheet(*titles, late=0, album="Album"):
    lines = ["REM DATE 1996", 'PERFORMER "Ann"', f'TITLE "{album}"', 'FILE "album.wav" WAVE']
    for number, title in enumerate(titles):
        start = SECONDS * number + (late if number else 0)
        lines += [
            f"  TRACK {number + 1:02d} AUDIO",
            f'    TITLE "{title}"',
            f"    INDEX 01 {start // 60:02d}:{start % 60:02d}:00",
        ]
    return "\n".join(lines)


class Library:
    """A folder with an album of three tracks in one file, and what the catalogue holds of it."""

    def __init__(self, root, client, run):
        self.root = root
        self._client = client
        self._run = run
        write_album(root / "ann/album.flac", [200, 500, 900])
        self.write_sheet(sheet("One", "Two", "Three"))

    def write_sheet(self, text, encoding="utf-8"):
        (self.root / "ann/album.cue").write_text(text, encoding=encoding)

    def sync(self, *words, code=0):
        done = self._run("sync", "--json", *words, self.root)
        assert done.code == code, done.stdout + done.stderr
        return done.json

    def tracks(self):
        """Tracks by their place below the root."""
        request = messages.ListTracksRequest(page_size=1000, view=track_pb2.TRACK_VIEW_FULL)
        found = {
            place_of(track.source_uri): track
            for track in self._client.catalog("ListTracks", request).tracks
        }
        return {
            place.removeprefix(f"{self.root}/"): track
            for place, track in sorted(found.items())
            if place.startswith(f"{self.root}/")
        }

    def ids(self):
        return {place: track.track_id for place, track in self.tracks().items()}

    def correct(self, track_id, title):
        request = messages.UpdateTrackRequest(track_id=track_id, metadata={"title": title})
        request.update_mask.paths.append("title")
        self._client.catalog("UpdateTrack", request)


@pytest.fixture
def library(stack, client, run_segue, tmp_path):
    state = str(tmp_path / "state")

    def run(*words):
        return run_segue(*words, stack=stack, SEGUE_SYNC_STATE=state)

    made = Library(tmp_path / "music", client, run)
    yield made
    request = messages.DeleteTracksRequest(track_ids=[*made.ids().values(), "none"])
    client.catalog("DeleteTracks", request)


@pytest.fixture
def synced(library):
    first = library.sync()
    assert (len(first["new"]), first["indexed"], first["failures"]) == (3, 3, [])
    return library


PLACES = [
    f"ann/album.flac#t=0,{SECONDS}",
    f"ann/album.flac#t={SECONDS},{2 * SECONDS}",
    f"ann/album.flac#t={2 * SECONDS}",
]


def test_each_track_of_the_sheet_is_one_and_the_next_run_changes_nothing(synced):
    tracks = synced.tracks()
    assert list(tracks) == sorted(PLACES)
    two = tracks[PLACES[1]]
    told = two.metadata
    assert (told.title, told.artist, told.album, told.album_artist) == (
        "Two", "Ann", "Album", "Ann",
    )  # fmt: skip
    assert (told.track_number, told.year) == (2, 1996)
    assert two.duration_seconds == pytest.approx(SECONDS, abs=1e-3)
    again = synced.sync()
    assert (again["unchanged"], again["jobs"]) == (3, [])
    assert again["divided"] == [
        {
            "path": str(synced.root / "ann/album.flac"),
            "sheet": str(synced.root / "ann/album.cue"),
            "tracks": 3,
        }
    ]


def test_ingest_takes_the_same_tracks_under_the_same_ids(synced, stack, run_segue):
    before = synced.ids()
    done = run_segue("ingest", synced.root, stack=stack)
    assert done.code == 0, done.stderr
    assert f"divided: {synced.root}/ann/album.flac into 3 tracks by" in done.stdout
    assert "3 unchanged and skipped" in done.stdout
    assert synced.ids() == before


def test_a_track_is_found_by_its_part_and_named_by_its_title(synced, stack, run_segue):
    ids = synced.ids()
    shown = run_segue("track", f"{synced.root}/{PLACES[1]}", stack=stack)
    assert ids[PLACES[1]] in shown.stdout
    assert "Ann – Two" in shown.stdout
    several = run_segue("track", synced.root / "ann/album.flac", "--json", stack=stack)
    assert several.json["error"]["reason"] == "TRACK_AMBIGUOUS"


def test_what_the_sheet_says_anew_is_heard(synced):
    ids = synced.ids()
    synced.write_sheet(sheet("One", "Zwei – ’n Stück", "Three"), encoding="cp1252")
    done = synced.sync()
    assert [one["track_id"] for one in done["changed"]] == [ids[PLACES[1]]]
    assert synced.ids() == ids
    assert synced.tracks()[PLACES[1]].metadata.title == "Zwei – ’n Stück"


def test_bounds_that_are_corrected_keep_the_tracks(synced):
    ids = synced.ids()
    synced.write_sheet(sheet("One", "Two", "Three", late=1))
    done = synced.sync()
    assert (len(done["changed"]), done["new"], done["gone"], done["replaced"]) == (3, [], [], [])
    tracks = synced.tracks()
    assert {track.track_id for track in tracks.values()} == set(ids.values())
    first = tracks[f"ann/album.flac#t=0,{SECONDS + 1}"]
    assert first.track_id == ids[PLACES[0]]
    assert first.duration_seconds == pytest.approx(SECONDS + 1, abs=1e-3)
    assert synced.sync()["jobs"] == []


def test_a_moved_album_keeps_ids_and_corrections(synced):
    ids = synced.ids()
    synced.correct(ids[PLACES[0]], "Corrected")
    (synced.root / "ann").rename(synced.root / "bob")
    done = synced.sync()
    assert (len(done["moved"]), done["jobs"]) == (3, [])
    moved = {place.replace("ann/", "bob/"): track_id for place, track_id in ids.items()}
    assert synced.ids() == moved
    title = synced.tracks()[PLACES[0].replace("ann/", "bob/")].metadata.title
    assert title == "Corrected"
    assert (synced.sync()["unchanged"], synced.ids()) == (3, moved)


def test_other_audio_in_the_same_file_changes_all_its_tracks(synced):
    ids = synced.ids()
    write_album(synced.root / "ann/album.flac", [300, 600, 1000])
    done = synced.sync()
    assert len(done["changed"]) == 3
    assert synced.ids() == ids


def test_a_sheet_that_breaks_leaves_the_tracks_as_they_are(synced):
    ids = synced.ids()
    synced.write_sheet(sheet("One", "Two", "Three").replace("INDEX 01", "INDEX 01 x"))
    done = synced.sync()
    assert (len(done["undecided"]), done["new"], done["replaced"]) == (3, [], [])
    assert [one["reason"] for one in done["notices"]] == ["CUE_SHEET_BROKEN"]
    assert synced.ids() == ids
    synced.write_sheet(sheet("One", "Two", "Three"))
    assert synced.sync()["unchanged"] == 3


def test_a_sheet_that_is_gone_makes_one_track_of_the_file_and_back(synced):
    (synced.root / "ann/album.cue").unlink()
    done = synced.sync()
    assert (len(done["new"]), len(done["replaced"]), done["gone"]) == (1, 3, [])
    assert list(synced.tracks()) == ["ann/album.flac"]
    synced.write_sheet(sheet("One", "Two", "Three"))
    assert len(synced.sync()["replaced"]) == 1
    assert list(synced.tracks()) == sorted(PLACES)


def test_a_broken_sheet_of_a_new_file_makes_it_one_track(library):
    library.write_sheet("junk " * 1_000)
    done = library.sync()
    assert (done["indexed"], done["failures"]) == (1, [])
    (notice,) = done["notices"]
    assert notice["reason"] == "CUE_SHEET_BROKEN"
    assert "ann/album.cue" in notice["message"]
    assert list(library.tracks()) == ["ann/album.flac"]


def test_a_sheet_within_the_file_divides_it_and_is_read_once(library):
    (library.root / "ann/album.cue").unlink()
    path = library.root / "ann/album.flac"
    tags = FLAC(path)
    tags["CUESHEET"] = sheet("Uno", "Dos", "Tres")
    tags.save()
    age(path)
    assert library.sync()["indexed"] == 3
    assert {track.metadata.title for track in library.tracks().values()} == {"Uno", "Dos", "Tres"}
    again = library.sync()
    assert (again["unchanged"], again["divided"][0]["sheet"]) == (3, str(path))


def test_a_manifest_may_name_parts_itself(library):
    uri = (library.root / "ann/album.flac").as_uri()
    rows = [
        {"uri": f"{uri}#t=0,{SECONDS}", "track_id": "side-a", "title": "A"},
        {"uri": f"{uri}#t={SECONDS}", "track_id": "side-b", "title": "B"},
    ]
    (library.root / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert library.sync()["indexed"] == 2
    assert set(library.ids().values()) == {"side-a", "side-b"}
    assert library.sync()["jobs"] == []


def test_without_what_was_remembered_the_catalogue_says_it(synced, tmp_path):
    ids = synced.ids()
    for file in (tmp_path / "state").iterdir():
        file.unlink()
    done = synced.sync()
    assert (done["new"], done["gone"], done["replaced"]) == ([], [], [])
    assert (done["skipped"], done["indexed"]) == (3, 0)
    assert synced.ids() == ids
