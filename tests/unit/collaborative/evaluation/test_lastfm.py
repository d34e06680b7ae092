"""A data set of the form of hetrec2011-lastfm-2k, and comparisons on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.collaborative.evaluation.cold_items import compare_cold
from segue.collaborative.evaluation.comparison import compare, models
from segue.collaborative.evaluation.lastfm import DataSetUnusable, read_lastfm
from segue.collaborative.evaluation.protocol import split_items, split_pairs

LISTENERS, ARTISTS = 60, 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two tastes; of 200 artists the even ones are of the one and tagged so, with noise."""
    random = np.random.default_rng(3)
    heard = ["userID\tartistID\tweight"]
    for listener in range(LISTENERS):
        for artist in range(ARTISTS):
            same = listener % 2 == artist % 2
            if random.random() < (0.4 if same else 0.02):
                heard.append(f"{listener + 5}\t{artist + 9}\t{random.integers(1, 999)}")
    tagged = ["userID\tartistID\ttagID\tday\tmonth\tyear"]
    for artist in range(ARTISTS):
        for _ in range(6):
            tag = artist % 2 + 2 * random.integers(0, 150)
            tagged.append(f"5\t{artist + 9}\t{tag}\t1\t4\t2009")
    (tmp_path / "user_artists.dat").write_text("\n".join(heard) + "\n")
    (tmp_path / "user_taggedartists.dat").write_text("\n".join(tagged) + "\n")
    return tmp_path


def test_it_is_read(folder: Path) -> None:
    data = read_lastfm(folder)
    assert data.heard.shape == (LISTENERS, ARTISTS)
    assert set(data.heard.data.tolist()) == {1.0}
    assert data.tags.shape[0] == ARTISTS
    assert data.tags.sum() == 6 * ARTISTS


def test_whoever_learns_beats_popularity(folder: Path) -> None:
    data = read_lastfm(folder)
    split = split_pairs(data.heard, shares=(0.8, 0.1, 0.1), seed=1)
    lines = compare(split, models(factors=8, tracks=ARTISTS), tested=True)
    assert [line.name for line in lines] == ["popularity", "item-KNN", "EASE", "ALS", "BPR"]
    found = {line.name: line.measures for line in lines}
    popular = found["popularity"]["recall"]
    for name in ("item-KNN", "EASE", "ALS"):
        assert found[name]["recall"].mean > popular.mean, name
    assert popular.low < popular.mean < popular.high
    validated = compare(split, models(factors=8, tracks=ARTISTS), tested=False)
    assert validated[0].measures != lines[0].measures
    assert "EASE" not in models(factors=8, tracks=50_000)


def test_cold_items_are_found_by_what_describes_them(folder: Path) -> None:
    data = read_lastfm(folder)
    split = split_items(data.heard, shares=(0.7, 0.2, 0.1), seed=1)
    lines = compare_cold(split, data.tags, factors=8, seed=1, tested=False)
    found = {line.name: line.measures["ndcg"].mean for line in lines}
    assert found.pop("chance") < min(found.values()) - 0.1


@pytest.mark.parametrize("text", ["a\tb\tc\n1\tx\t2\n", "a\tb\n1\t2\n", "a\tb\tc\n"])
def test_what_is_none_is_told(folder: Path, text: str) -> None:
    (folder / "user_artists.dat").write_text(text)
    with pytest.raises(DataSetUnusable, match="user_artists"):
        read_lastfm(folder)
    (folder / "user_artists.dat").unlink()
    with pytest.raises(DataSetUnusable, match="cannot be read"):
        read_lastfm(folder)
