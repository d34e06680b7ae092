"""What a run reads: which tracks are analysed whole, and which are cut into clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from segue.errors import SegueError
from segue.trainer.configuration import TrainingConfig, from_dict
from segue.trainer.data import Split, TrainingTrack
from segue.trainer.training_set import open_training_set
from small_networks import configuration
from tones import write_tone

SPLITS: tuple[Split, ...] = ("train", "train", "validation", "test")


def config(source: str) -> TrainingConfig:
    return from_dict(
        {
            "name": "tiny",
            "front_end": {"bands": 16, "chunk_frames": 20, "chunk_hop_frames": 20},
            "views": {"source": source, "places": 2},
            "clips": {"per_track": 2},
            "losses": {"info_nce": 1.0},
        }
    )


@pytest.fixture
def tracks(tmp_path: Path) -> list[TrainingTrack]:
    """One of each split, one more to train on, and two that cannot be decoded."""
    found = [
        TrainingTrack(str(n), write_tone(tmp_path / f"{n}.wav", n, 2.0), published=split)
        for n, split in enumerate(SPLITS)
    ]
    lost = [TrainingTrack(split, tmp_path / "lost.wav", published=split) for split in SPLITS[1:3]]
    return found + lost


def test_tracks_are_analysed_whole_but_for_those_of_the_test_split(
    tracks: list[TrainingTrack], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int, int]] = []
    data = open_training_set(
        config("places"), tracks, tmp_path / "f", progress=lambda *numbers: told.append(numbers)
    )
    assert data.clips is None
    assert [track.track_id for track in data.tracks] == ["0", "1", "2"]
    assert [track_id for track_id, _ in data.failures] == ["train", "validation"]
    assert told[0] == ("features", 0, 0, 5)
    assert told[-1] == ("features", 5, 2, 5)


def test_with_effects_clips_are_made_of_the_tracks_to_train_on(
    tracks: list[TrainingTrack], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int, int]] = []
    data = open_training_set(
        config("effects"), tracks, tmp_path / "f", progress=lambda *numbers: told.append(numbers)
    )
    assert data.clips is not None
    assert [track.track_id for track in data.features.tracks] == ["2"]
    assert [track.track_id for track in data.tracks] == ["0", "1"]
    assert data.clips.clip(1, 1, 1).shape == (20, 16)
    assert [track_id for track_id, _ in data.failures] == ["validation", "train"]
    assert told[-1] == ("clips", 3, 1, 3)
    kinds = {path.name.split("-")[0] for path in (tmp_path / "f").iterdir()}
    assert kinds == {"features", "clips"}


def test_a_teacher_answers_for_the_tracks_that_can_be_analysed(
    tracks: list[TrainingTrack], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int, int]] = []
    longer = [
        TrainingTrack(str(n), write_tone(tmp_path / f"{n}.flac", n, 4.0), published=split)
        for n, split in enumerate(SPLITS)
    ]
    short = TrainingTrack("short", write_tone(tmp_path / "s.wav", 1, 2.0), published="train")
    data = open_training_set(
        configuration("musicnn"),
        [*longer[:1], *tracks[4:], *longer[1:], short],
        tmp_path / "f",
        progress=lambda *numbers: told.append(numbers),
    )
    assert data.answers is not None
    assert [track.track_id for track in data.tracks] == ["0", "1", "2"]
    assert data.answers.store.tracks == data.features.tracks
    # Each is missing from both stores, and is told of once.
    assert [track_id for track_id, _ in data.failures] == ["train", "validation", "short"]
    assert told[-1] == ("answers", 6, 3, 6)
    kinds = {path.name.split("-")[0] for path in (tmp_path / "f").iterdir()}
    assert kinds == {"features", "answers"}


@pytest.mark.parametrize("source", ["places", "effects"])
def test_a_teacher_labels_the_tracks_that_nobody_did(source: str, tmp_path: Path) -> None:
    made = [
        TrainingTrack(str(n), write_tone(tmp_path / f"{n}.flac", n, 4.0), published=split)
        for n, split in enumerate(SPLITS)
    ]
    made[0] = replace(made[0], genres=("polka",))
    tree = config(source).to_dict()
    tree["losses"]["genre"] = 1.0
    tree["teacher"]["labels"] = True
    told: list[str] = []
    data = open_training_set(
        from_dict(tree), made, tmp_path / "f", progress=lambda what, *_: told.append(what)
    )
    assert data.heard is not None
    assert [track.track_id for track in data.heard.answers.store.tracks] == ["1", "2"]
    assert data.teacher == data.heard.answers.teacher
    by_id = {track.track_id: track for track in (*data.tracks, *data.features.tracks)}
    assert sorted(by_id) == ["0", "1", "2"]
    assert by_id["0"].labels == ("polka",)
    for number, name in enumerate(("1", "2")):
        assert (by_id[name].genres, by_id[name].moods) == data.heard.track(number)
    assert list(dict.fromkeys(told)) == [
        "features", "answers", *(["clips"] if source == "effects" else [])
    ]  # fmt: skip


def test_where_every_track_is_labelled_no_teacher_is_asked(
    tracks: list[TrainingTrack], tmp_path: Path
) -> None:
    tree = config("places").to_dict()
    tree["losses"]["genre"] = 1.0
    tree["teacher"] = {"labels": True, "model": "nobody"}
    labelled = [replace(track, moods=("calm",)) for track in tracks]
    data = open_training_set(from_dict(tree), labelled, tmp_path / "f")
    assert data.heard is None
    assert data.teacher is None


@pytest.mark.parametrize(
    ("model", "reason"), [("nobody", "TEACHER_MISSING"), ("segue-1", "MODEL_MISCONFIGURED")]
)
def test_without_its_teacher_nothing_is_made(
    model: str, reason: str, tracks: list[TrainingTrack], tmp_path: Path
) -> None:
    tree = configuration("musicnn").to_dict()
    tree["teacher"]["model"] = model
    with pytest.raises(SegueError, match=model) as caught:
        open_training_set(from_dict(tree), tracks, tmp_path / "f")
    assert caught.value.reason == reason
    assert not (tmp_path / "f").exists()
