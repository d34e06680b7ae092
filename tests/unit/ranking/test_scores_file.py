"""The reference recommender's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.ranking.scores_file import ScoresFile
from segue.settings import InvalidSetting

# Scores are read and handed through, so they are compared exactly.
TEXT = "user_id,track_id,score\nann,a,1\nann,b,5\nann,c,3\nann,d,4\n,a,9\nann,a,2\n"


def read(tmp_path: Path, text: str) -> ScoresFile:
    path = tmp_path / "scores.csv"
    path.write_text(text, encoding="utf-8")
    return ScoresFile.read(path)


def test_candidates_are_scored_and_the_best_others_suggested(tmp_path: Path) -> None:
    scores = read(tmp_path, TEXT)
    answer = scores.answer("ann", seeds=["b"], candidates=["a", "x"], suggestion_limit=1)
    assert answer == {"a": 2.0, "d": 4.0}


def test_each_listener_has_scores_of_their_own(tmp_path: Path) -> None:
    scores = read(tmp_path, TEXT)
    assert scores.answer("", seeds=(), candidates=["a", "b"], suggestion_limit=5) == {"a": 9.0}
    assert scores.answer("zoe", seeds=(), candidates=["a"], suggestion_limit=5) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "first line"),
        ("user,track,score\n", "first line"),
        ("user_id,track_id,score\nann,a\n", ":2: .*is not user_id"),
        ("user_id,track_id,score\nann,a,1\nann,b,many\n", ":3: "),
        ("user_id,track_id,score\nann,a,nan\n", "finite"),
        ("user_id,track_id,score\nann,,1\n", "track id"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting, match=complaint):
        read(tmp_path, text)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="cannot be read"):
        ScoresFile.read(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"user_id,track_id,score\n\xff\xfe,a,1\n")
    with pytest.raises(InvalidSetting, match="cannot be read"):
        ScoresFile.read(tmp_path / "binary.csv")
