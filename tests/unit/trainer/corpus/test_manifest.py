import pytest

from segue.errors import InvalidRequest
from segue.trainer.corpus.manifest import Entry, read_manifest, write_manifest


def entry(number):
    return Entry(
        track_id=f"r1-{number:05d}",
        path=f"r1-{number:05d}.flac",
        title="Über den Fluss",
        artist="A",
        album="B",
        genres=("folk",),
        moods=("calm",),
        year=1999,
        duration_seconds=45.0,
        style="song circle",
        seed=1,
        split="train",
        tempo=90.0,
        key="C major",
    )


def test_written_sorted_and_read_again(tmp_path):
    path = tmp_path / "manifest.jsonl"
    write_manifest(path, [entry(2), entry(0), entry(1)])
    assert read_manifest(path) == [entry(0), entry(1), entry(2)]


def test_an_unfinished_last_line_is_left_out(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text(entry(0).to_json() + "\n" + entry(1).to_json()[:40], encoding="utf-8")
    assert read_manifest(path) == [entry(0)]


def test_a_broken_line_elsewhere_is_refused(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text("{}\n" + entry(1).to_json() + "\n", encoding="utf-8")
    with pytest.raises(InvalidRequest, match="line 1"):
        read_manifest(path)
