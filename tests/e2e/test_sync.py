"""``segue sync`` against a stack of its own: a disk changes, and the catalogue follows."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mutagen.wave
import pytest
from mutagen.id3 import TALB, TIT2

from e2e.tones import write_tone
from segue.cli.client import SegueClient
from segue.file_times import SETTLED_SECONDS
from segue.library.places import path_of
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from waiting import until


@pytest.fixture(scope="module")
def stack(start_stack, tmp_path_factory):
    return start_stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture
def client(stack):
    with SegueClient(stack.address, token=stack.token) as connected:
        yield connected


class Library:
    """A folder of twelve tones, and what the catalogue holds of it."""

    def __init__(self, root, client, run):
        self.root = root
        self._client = client
        self._run = run
        for number in range(12):
            self.write(f"{'ab'[number % 2]}/{number:02d}.wav", 200 + 20 * number)

    def write(self, name, hertz):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tone(path, hertz, seed=round(hertz))
        # Long enough ago to be believed the next time.
        os.utime(path, ns=(10**18 + round(hertz), 10**18 + round(hertz)))

    def sync(self, *words, code=0):
        done = self._run("sync", "--json", *words, self.root)
        assert done.code == code, done.stdout + done.stderr
        return done.json

    def tracks(self):
        """Ids by path below the root."""
        request = messages.ListTracksRequest(page_size=1000, view=track_pb2.TRACK_VIEW_SOURCE)
        paths = {
            path_of(track.source_uri): track.track_id
            for track in self._client.catalog("ListTracks", request).tracks
        }
        return {
            os.path.relpath(path, self.root): track_id
            for path, track_id in paths.items()
            if path.startswith(f"{self.root}/")
        }

    def names(self):
        """Paths of the audio files below the root."""
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*.wav")}


@pytest.fixture
def library(stack, client, run_segue, tmp_path):
    state = str(tmp_path / "state")

    def run(*words):
        return run_segue(*words, stack=stack, SEGUE_SYNC_STATE=state)

    made = Library(tmp_path / "music", client, run)
    first = made.sync()
    assert (len(first["new"]), first["indexed"]) == (12, 12)
    yield made
    request = messages.DeleteTracksRequest(track_ids=list(made.tracks().values()) or ["none"])
    client.catalog("DeleteTracks", request)


def test_moves_deletions_and_edits_are_followed(library, client):
    before = library.tracks()
    correction = messages.UpdateTrackRequest(
        track_id=before["a/00.wav"], metadata={"title": "Corrected"}
    )
    correction.update_mask.paths.append("title")
    client.catalog("UpdateTrack", correction)
    (library.root / "c").mkdir()
    (library.root / "a/00.wav").rename(library.root / "c/moved.wav")
    (library.root / "b/01.wav").unlink()
    library.write("a/02.wav", 900)
    library.write("c/new.wav", 950)
    # Two files that change places.
    (library.root / "a/04.wav").rename(library.root / "t")
    (library.root / "b/03.wav").rename(library.root / "a/04.wav")
    (library.root / "t").rename(library.root / "b/03.wav")

    planned = library.sync("--dry-run")
    assert library.tracks() == before
    done = library.sync()

    for kind in ("new", "changed", "moved", "gone"):
        assert planned[kind] == done[kind]
    assert (len(done["moved"]), len(done["gone"]), done["unchanged"]) == (3, 1, 7)
    after = library.tracks()
    assert set(after) == library.names()
    assert after["c/moved.wav"] == before["a/00.wav"]
    assert after["a/02.wav"] == before["a/02.wav"]
    assert (after["a/04.wav"], after["b/03.wav"]) == (before["b/03.wav"], before["a/04.wav"])
    moved = client.catalog("GetTrack", messages.GetTrackRequest(track_id=before["a/00.wav"]))
    assert moved.track.metadata.title == "Corrected"
    again = library.sync()
    assert (again["unchanged"], again["jobs"]) == (12, [])


def test_corrections_outlive_manifest_edits_new_tags_and_moves(library, client):
    def write_manifest(**said):
        lines = [{"path": "c/mine.wav", "track_id": "mine", **said}]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (library.root / "manifest.jsonl").write_text(text)

    def metadata():
        track = client.catalog("GetTrack", messages.GetTrackRequest(track_id="mine")).track
        said = track.metadata
        return said.title, said.album, list(said.genres), said.artist

    def tag(path, title, album):
        file = mutagen.wave.WAVE(path)
        if file.tags is None:
            file.add_tags()
        file.tags.setall("TIT2", [TIT2(text=[title])])
        file.tags.setall("TALB", [TALB(text=[album])])
        file.save()
        os.utime(path, ns=(2 * 10**18 + len(title), 2 * 10**18 + len(title)))

    library.write("c/mine.wav", 970)
    mine = library.root / "c/mine.wav"
    tag(mine, "Tag", "Tags' album")
    write_manifest(genres=["pop", "rock"], artist="Ann")
    library.sync()
    assert metadata() == ("Tag", "Tags' album", ["pop", "rock"], "Ann")
    correction = messages.UpdateTrackRequest(track_id="mine", metadata={"title": "Right"})
    correction.update_mask.paths.append("title")
    client.catalog("UpdateTrack", correction)

    # A genre and the artist are taken out of the manifest: nothing is embedded again.
    write_manifest(genres=["pop"])
    done = library.sync()
    assert (done["indexed"], done["skipped"]) == (0, 1)
    assert metadata() == ("Right", "Tags' album", ["pop"], "")

    tag(mine, "New tag", "New album")
    assert library.sync()["indexed"] == 1
    assert metadata() == ("Right", "New album", ["pop"], "")

    # Moved, while nothing is said any more: what was given stays, as does the correction.
    (library.root / "manifest.jsonl").unlink()
    mine.rename(library.root / "b/moved.wav")
    done = library.sync()
    assert [move["track_id"] for move in done["moved"]] == ["mine"]
    assert metadata() == ("Right", "New album", ["pop"], "")

    reset = messages.UpdateTrackRequest(track_id="mine", reset_mask={"paths": ["*"]})
    assert client.catalog("UpdateTrack", reset).track.metadata.title == "New tag"


def test_a_file_where_another_was_moved_away_is_a_track_of_its_own(library):
    before = library.tracks()
    (library.root / "a/00.wav").rename(library.root / "b/00.wav")
    library.sync()
    library.write("a/00.wav", 880)
    assert len(library.sync()["new"]) == 1
    after = library.tracks()
    assert after["b/00.wav"] == before["a/00.wav"]
    assert set(after) == library.names()


def test_nothing_is_deleted_from_a_root_that_is_empty_or_away(library):
    before = library.tracks()
    away = library.root.with_name("away")
    library.root.rename(away)
    for attempt in ("away", "empty"):
        told = library.sync("--max-gone", "100%", code=1)
        assert told["error"]["reason"] == "SYNC_ROOT_EMPTY", attempt
        library.root.mkdir(exist_ok=True)
    library.root.rmdir()
    away.rename(library.root)
    assert library.tracks() == before
    assert library.sync()["unchanged"] == 12


def test_too_many_gone_stop_the_run_until_they_are_allowed(library):
    for name in ("a/00.wav", "a/02.wav"):
        (library.root / name).unlink()
    library.write("a/new.wav", 930)
    assert library.sync(code=1)["error"]["reason"] == "SYNC_TOO_MANY_GONE"
    assert len(library.tracks()) == 12
    assert len(library.sync("--max-gone", "20%")["gone"]) == 2
    assert set(library.tracks()) == library.names()


def test_what_is_gone_is_kept_for_the_grace_that_was_asked_for(library):
    (library.root / "a/00.wav").unlink()
    assert [one["path"] for one in library.sync("--grace", "1h")["waiting"]] == [
        str(library.root / "a/00.wav")
    ]
    assert "a/00.wav" in library.tracks()
    assert len(library.sync("--grace", "0s")["gone"]) == 1
    assert set(library.tracks()) == library.names()


def test_without_what_was_remembered_the_catalogue_says_it(library, tmp_path):
    before = library.tracks()
    for file in (tmp_path / "state").iterdir():
        file.unlink()
    (library.root / "a/00.wav").rename(library.root / "b/00.wav")
    done = library.sync()
    assert (done["unchanged"], len(done["moved"]), done["jobs"]) == (11, 1, [])
    assert library.tracks()["b/00.wav"] == before["a/00.wav"]


def test_tracks_from_elsewhere_are_never_touched(library, client, tmp_path):
    sibling = f"file://{tmp_path}/music2/x.wav"
    track = {"track_id": "elsewhere", "source_uri": sibling, "content_sha256": "ab" * 32}
    space = client.catalog("ListFacets", messages.ListFacetsRequest()).embedding_space
    one = client.catalog("GetTrack", messages.GetTrackRequest(
        track_id=library.tracks()["a/00.wav"], include_vector=True))  # fmt: skip
    client.catalog("UpsertTracks", messages.UpsertTracksRequest(
        tracks=[{"track": track, "values": one.vector}], embedding_space=space))  # fmt: skip
    assert library.sync()["gone"] == []
    found = client.catalog("GetTrack", messages.GetTrackRequest(track_id="elsewhere"))
    assert found.track.source_uri == sibling
    client.catalog("DeleteTracks", messages.DeleteTracksRequest(track_ids=["elsewhere"]))


def test_what_was_refused_is_sent_again_only_when_it_changes_or_when_asked_for(library, client):
    def occurrences():
        letters = client.catalog("ListDeadLetters", messages.ListDeadLettersRequest()).dead_letters
        return [one.occurrences for one in letters if path_of(one.item.uri) == str(bad)]

    bad = library.root / "a/bad.wav"
    bad.write_text("no sound")
    os.utime(bad, ns=(10**18, 10**18))
    first = library.sync(code=1)
    assert (first["dead"], first["failures"][0]["place"]) == (1, str(bad))
    again = library.sync()
    assert (again["jobs"], again["new"], again["failures"]) == ([], [], [])
    assert [one["place"] for one in again["refused_before"]] == [str(bad)]
    assert again["refused_before"][0]["reason"] == first["failures"][0]["reason"]
    assert occurrences() == [1]
    assert library.sync("--retry", code=1)["dead"] == 1
    assert occurrences() == [2]
    library.write("a/bad.wav", 940)
    assert library.sync()["indexed"] == 1


def test_what_another_command_was_refused_is_not_sent_again(library, run_segue, stack):
    short = library.root / "a/short.wav"
    write_tone(short, 300, seconds=1, seed=1)
    time.sleep(SETTLED_SECONDS + 0.1)
    assert run_segue("ingest", short, stack=stack).code == 1
    found = library.sync()
    assert (found["jobs"], [one["reason"] for one in found["refused_before"]]) == (
        [],
        ["AUDIO_TOO_SHORT"],
    )
    # Another content, with a time of change from before the refusal.
    write_tone(short, 300, seed=1)
    os.utime(short, ns=(10**18, 10**18))
    assert library.sync()["indexed"] == 1


def test_a_manifest_keeps_its_ids_and_what_it_says_anew_is_heard(library, client):
    rows = [{"path": "a/00.wav", "track_id": "chosen", "title": "One"}]
    manifest = library.root / "manifest.jsonl"
    manifest.write_text(json.dumps(rows[0]))
    told = library.sync()
    assert [one["track_id"] for one in told["new"]] in ([], ["chosen"])
    rows[0].update(path="b/00.wav", title="Two")
    (library.root / "a/00.wav").rename(library.root / "b/00.wav")
    manifest.write_text(json.dumps(rows[0]))
    library.sync()
    found = client.catalog("GetTrack", messages.GetTrackRequest(track_id="chosen")).track
    assert path_of(found.source_uri) == str(library.root / "b/00.wav")
    assert found.metadata.title == "Two"
    assert library.sync()["jobs"] == []


def test_a_client_that_is_killed_leaves_nothing_undone_for_the_next(library, stack, tmp_path):
    for number in range(20):
        library.write(f"d/{number:02d}.wav", 1000 + 10 * number)
    (library.root / "a/00.wav").rename(library.root / "d/moved.wav")
    environment = {**os.environ, "SEGUE_DATA": str(stack.folder.root),
                   "SEGUE_SYNC_STATE": str(tmp_path / "state")}  # fmt: skip
    command = [sys.executable, "-m", "segue", "sync", str(library.root)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: process.poll() is not None or len(library.tracks()) >= 14)
        process.kill()
    library.sync()
    assert set(library.tracks()) == library.names()
    assert library.sync()["jobs"] == []


def test_another_machine_is_refused_unless_the_paths_are_the_same(run_segue, tmp_path):
    done = run_segue("sync", "--json", "--address", "192.0.2.1:1", tmp_path)
    assert (done.code, done.json["error"]["reason"]) == (1, "SYNC_NOT_LOCAL")


def test_a_stack_follows_the_folders_that_it_watches(start_stack, run_segue, tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for number in range(11):
        write_tone(music / f"{number}.wav", 300 + number, seed=number)
    state = str(tmp_path / "state")
    running = start_stack(tmp_path / "data", "--watch", music, SEGUE_SYNC_STATE=state)
    assert "sync" in running.state.parts
    with SegueClient(running.address, token=running.token) as client:
        request = messages.ListTracksRequest(page_size=1000, view=track_pb2.TRACK_VIEW_SOURCE)

        def names():
            tracks = client.catalog("ListTracks", request).tracks
            return {Path(path_of(track.source_uri)).name for track in tracks}

        until(lambda: len(names()) == 11)
        write_tone(music / "late.wav", 700, seed=99)
        (music / "0.wav").unlink()
        until(lambda: "late.wav" in names() and "0.wav" not in names())


def test_following_ends_when_told(library, stack, tmp_path):
    environment = {**os.environ, "SEGUE_DATA": str(stack.folder.root),
                   "SEGUE_SYNC_STATE": str(tmp_path / "state")}  # fmt: skip
    command = [sys.executable, "-m", "segue", "sync", "--follow", "--json", str(library.root)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["unchanged"] == 12
        library.write("late.wav", 960)
        assert json.loads(process.stdout.readline())["indexed"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
