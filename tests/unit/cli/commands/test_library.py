import csv
import json
import os

import pytest
from click.testing import CliRunner

from foreign_libraries import BEETS, NAVIDROME, write_database, write_itunes
from segue.cli.commands.library import library
from segue.cli.manifest import read_manifest
from segue.ingest_jobs import uri_track_id
from segue.library.places import path_of
from segue.ranking.scores_file import ScoresFile
from segue.tracks import TrackMetadata


@pytest.fixture
def music(tmp_path):
    for name in ("a.mp3", "Björk/b.mp3", "end .mp3 "):
        (tmp_path / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "music" / name).touch()
    return tmp_path / "music"


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        targets = ["--manifest", tmp_path / "m.jsonl", "--scores", tmp_path / "s.csv"]
        ended = CliRunner().invoke(library, [str(one) for one in (*arguments, *targets)])
        assert ended.exception is None or isinstance(ended.exception, SystemExit)
        return ended

    return run


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_the_manifest_and_the_scores_speak_of_the_same_tracks(tmp_path, music, run):
    path = write_database(
        tmp_path / "navidrome.db",
        NAVIDROME,
        library=[{"id": 1, "name": "Music", "path": "/music"}],
        user=[{"id": "u1", "user_name": "ann"}, {"id": "u2", "user_name": "bob"}],
        media_file=[
            {"id": "a", "path": "a.mp3"},
            {"id": "b", "path": "Bjo\u0308rk/b.mp3"},
            {"id": "c", "path": "end .mp3 "},
            {"id": "d", "path": "gone.mp3"},
        ],
        annotation=[
            {"user_id": "u1", "item_id": "a", "item_type": "media_file", "play_count": 3},
            {"user_id": "u2", "item_id": "b", "item_type": "media_file", "rating": 5},
            {"user_id": "u2", "item_id": "d", "item_type": "media_file", "rating": 5},
            {"user_id": "u2", "item_id": "c", "item_type": "media_file"},
        ],
    )

    ended = run(path, "--map", f"/music={music}")

    assert ended.exit_code == 1
    assert f"{music}/gone.mp3" in ended.output
    assert "--map" in ended.output
    manifest = read_manifest(tmp_path / "m.jsonl")
    assert manifest.problems == []
    files = [os.path.relpath(path_of(item.uri), music) for item in manifest.items]
    assert files == ["a.mp3", "Björk/b.mp3", "end .mp3 "]
    ids = [uri_track_id(item.uri) for item in manifest.items]
    assert rows(tmp_path / "s.csv") == [["ann", ids[0], "2.0"], ["bob", ids[1], "2.0"]]
    scores = ScoresFile.read(tmp_path / "s.csv")
    answer = scores.answer("ann", seeds=(), candidates=ids, suggestion_limit=0)
    assert answer == {ids[0]: 2.0}


def test_one_listener_of_several_can_be_chosen(tmp_path, music, run):
    del music
    path = write_database(
        tmp_path / "music" / "navidrome.db",
        NAVIDROME,
        media_file=[{"id": "a", "path": "a.mp3"}],
        annotation=[
            {"user_id": user, "item_id": "a", "item_type": "media_file", "play_count": 1}
            for user in ("ann", "bob")
        ],
    )

    ended = run(path, "--listener", "bob", "--json")

    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.output)["listeners"] == {"bob": 1}
    assert [user for user, _, _ in rows(tmp_path / "s.csv")] == ["bob"]


def test_paths_of_windows_need_a_folder_here(tmp_path, music, run):
    tracks = [
        {"Name": "A", "Play Count": 1, "Location": "file://localhost/C:/Music/a.mp3"},
        {"Name": "B", "Location": "file:///c:/music/Bj%C3%B6rk/b.mp3"},
        {"Name": "A again", "Location": "file://localhost/C:/Music/a.mp3"},
        {"Name": "Cloud", "Track Type": "Remote"},
    ]
    path = write_itunes(tmp_path / "Library.xml", *tracks)

    without = run(path, "--json")
    assert without.exit_code == 1
    assert json.loads(without.output)["missing"] == 3
    answer = run(path, "--map", f"C:\\Music\\={music}", "--listener", "me", "--overwrite", "--json")

    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert (told["kind"], told["tracks"], told["repeated"], told["no_files"]) == ("iTunes", 2, 1, 1)
    one, two = read_manifest(tmp_path / "m.jsonl").items
    assert (one.metadata, two.metadata) == (TrackMetadata(title="A"), TrackMetadata(title="B"))
    assert rows(tmp_path / "s.csv") == [["me", uri_track_id(one.uri), "1.0"]]


def test_what_the_manifest_could_not_hold_is_left_out_of_its_lines(tmp_path, music, run):
    item = {
        "id": 1, "path": b"a.mp3", "title": "A\x00\x07B\x1b", "artist": "x" * 9_000,
        "genres": "Jazz", "year": 0, "isrc": "no such thing", "mb_trackid": "?", "bpm": 1e300,
        "track": -1,
    }  # fmt: skip
    path = write_database(tmp_path / "library.db", BEETS, items=[item])

    assert run(path, "--music", music).exit_code == 0

    manifest = read_manifest(tmp_path / "m.jsonl")
    assert manifest.problems == []
    (found,) = manifest.items
    assert found.metadata.genres == ("jazz",)
    assert found.metadata.title.split() == ["A", "B"]
    assert len(found.metadata.artist) == 4_096
    assert found.metadata.given().keys() == {"title", "artist", "genres"}


def test_files_need_not_be_there_where_that_is_said(tmp_path, run):
    item = {"id": 1, "path": b"/elsewhere/a.mp3", "title": "A"}
    path = write_database(tmp_path / "library.db", BEETS, items=[item])

    assert run(path, "--no-check").exit_code == 0

    assert len(read_manifest(tmp_path / "m.jsonl").items) == 1


def test_nothing_is_replaced_unasked_and_nothing_half_is_left(tmp_path, run):
    path = write_itunes(tmp_path / "Library.xml", {"Name": "A", "Location": "file:///a.mp3"})
    (tmp_path / "s.csv").write_text("mine")

    refused = run(path, "--json")

    assert json.loads(refused.output)["error"]["reason"] == "TARGET_EXISTS"
    assert (tmp_path / "s.csv").read_text() == "mine"
    path.write_bytes(path.read_bytes()[:-80].replace(b"</dict>", b"</dic>"))
    broken = run(path, "--overwrite", "--no-check", "--json")
    assert json.loads(broken.output)["error"]["reason"] == "LIBRARY_NOT_READ"
    assert (tmp_path / "s.csv").read_text() == "mine"
    assert {one.name for one in tmp_path.iterdir()} == {"Library.xml", "s.csv"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Library.xml", "--manifest", "Library.xml"], "USAGE"),
        (["Library.xml", "--manifest", "x", "--scores", "./x"], "USAGE"),
        (["Library.xml", "--map", "nothing"], "USAGE"),
        (["gone.db"], "SOURCE_NOT_FOUND"),
        (["Library.xml", "--manifest", "no/such/m.jsonl"], "TARGET_NOT_WRITABLE"),
        (["Library.xml", "--scores", "."], "TARGET_NOT_WRITABLE"),
    ],
)
def test_wrong_calls_say_what_is_wrong(tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    write_itunes(tmp_path / "Library.xml", {"Name": "A", "Location": "file:///a.mp3"})

    ended = CliRunner().invoke(library, [*arguments, "--overwrite", "--json"])

    error = json.loads(ended.output)["error"]
    assert (error["reason"], bool(error["next_step"])) == (reason, True)
    assert {one.name for one in tmp_path.iterdir()} == {"Library.xml"}


def test_without_targets_the_library_is_counted(tmp_path):
    path = write_itunes(tmp_path / "Library.xml", {"Name": "A", "Location": "file:///a.mp3"})

    ended = CliRunner().invoke(library, [str(path), "--no-check", "--json"])

    assert json.loads(ended.output)["tracks"] == 1
