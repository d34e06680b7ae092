"""Why answers are as they are."""

from __future__ import annotations

import numpy as np
import pytest

from segue.embedding.halves import Half
from segue.index.exact import ExactIndex
from segue.query.candidates import KnownSeeds
from segue.query.explanations import (
    genre_composition,
    half_cosines,
    match_explanations,
    search_explanation,
    shared_labels,
)
from segue.query.rules import Drop
from segue.query.scoring import Ranked
from segue.query.search import Explanation, Page
from segue.tracks import EmbeddedTrack, Neighbour, Track, TrackMetadata

HALVES = (Half("sound", 2, 0.75), Half("style", 3, 0.25))


def joined(sound: list[float], style: list[float]) -> np.ndarray:
    """A unit vector of the two halves."""
    pieces = [np.array(sound) / np.linalg.norm(sound), np.array(style) / np.linalg.norm(style)]
    return np.concatenate(
        [piece * np.sqrt(half.share) for piece, half in zip(pieces, HALVES, strict=True)]
    ).astype(np.float32)


def test_the_cosines_of_the_halves() -> None:
    one, other = joined([1, 0], [1, 0, 0]), joined([1, 1], [0, 3, 4])
    np.testing.assert_allclose(half_cosines(one, HALVES) @ other, [np.sqrt(0.5), 0.0], atol=1e-6)
    # A seed of any length is as good.
    np.testing.assert_allclose(half_cosines(7 * other, HALVES) @ other, [1.0, 1.0], atol=1e-6)


def test_shared_labels_are_those_given_then_those_heard() -> None:
    track = Track(
        "a",
        TrackMetadata(genres=("rock", "jazz"), moods=("calm",)),
        predicted_genres={"folk": 0.6, "jazz": 0.9, "metal": 0.4},
        predicted_moods={"dark": 0.35, "happy": 0.1},
        predicted_descriptors={"piano": 0.6, "slow": 0.4},
    )
    wanted = {"jazz", "calm", "folk", "metal", "dark", "happy", "piano", "slow"}
    assert shared_labels(track, wanted) == ["jazz", "calm", "folk", "dark", "piano"]
    assert shared_labels(track, []) == []


def test_shares_of_genres_sum_to_one() -> None:
    track = Track("a", predicted_genres={"folk": 0.2, "jazz": 0.6, "art": 0.2})
    shares = genre_composition(track)
    assert [one.label for one in shares] == ["jazz", "art", "folk"]
    assert [one.probability for one in shares] == pytest.approx([0.6, 0.2, 0.2])
    assert genre_composition(Track("a")) == []
    assert genre_composition(Track("a", predicted_genres={"jazz": 0.0})) == []


async def test_what_a_match_says() -> None:
    index = ExactIndex(space="test-v1", dimension=5)
    seed = Track("seed", TrackMetadata(genres=("jazz",)))
    near = Track("near", TrackMetadata(genres=("jazz",)))
    gone = Track("gone")
    await index.upsert([EmbeddedTrack(near, "test-v1", joined([1, 1], [1, 0, 0]))])
    answers = [
        Ranked(Neighbour(near, 0.9), 0.7, 2.0, 0.4, 0.2, 0.1),
        Ranked(Neighbour(gone, 0.5), 0.5, None, 0.5),
    ]
    page = Page(answers, False, Explanation({}, {}, 1, "acoustic"), acoustic=frozenset({"near"}))
    seeds = KnownSeeds(frozenset({"seed"}), (seed,), joined([1, 0], [1, 0, 0]))
    first, second = await match_explanations(index, page, seeds, HALVES)
    assert first.sound_similarity == pytest.approx(np.sqrt(0.5), abs=1e-6)
    assert first.style_similarity == pytest.approx(1.0, abs=1e-6)
    parts = (
        first.acoustic_contribution,
        first.collaborative_contribution,
        first.boost_contribution,
    )
    assert parts == (0.4, 0.2, 0.1)
    assert list(first.shared_labels) == ["jazz"]
    assert (list(first.found_by), list(second.found_by)) == (["acoustic"], ["collaborative"])
    assert not second.HasField("sound_similarity")
    # A model of one piece tells nothing apart, nor do several seeds.
    (plain, _) = await match_explanations(index, page, seeds, ())
    assert not plain.HasField("sound_similarity")
    (several, _) = await match_explanations(index, page, KnownSeeds(), HALVES)
    assert not several.HasField("style_similarity")


def test_what_a_search_says() -> None:
    message = search_explanation(
        Explanation(
            {"acoustic": 200, "collaborative": 3},
            {Drop.ARTIST_CAP: 7, Drop.COPY: 2, Drop.SEED: 0},
            4,
            "learned",
            "less was done",
        )
    )
    assert [(one.name, one.count) for one in message.candidates] == [
        ("acoustic", 200),
        ("collaborative", 3),
    ]
    assert [(one.name, one.count) for one in message.dropped] == [("COPY", 2), ("ARTIST_CAP", 7)]
    assert (message.engine_searches, message.ranker) == (4, "learned")
    assert message.fallback == "less was done"
