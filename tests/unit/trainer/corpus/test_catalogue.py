"""The committed demo catalogue, and the plan that it was made from."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from segue.audio.tags import read_tags
from segue.trainer.corpus.artists import make_artist
from segue.trainer.corpus.catalogue import listener_scores, plan_catalogue
from segue.trainer.corpus.manifest import read_manifest
from segue.trainer.corpus.styles import GENRES

DEMO = Path(__file__).parents[4] / "deploy" / "demo"
ENTRIES = read_manifest(DEMO / "catalogue" / "manifest.jsonl")


def test_the_plan_has_two_artists_and_four_albums_per_genre():
    places = plan_catalogue()
    assert len({place.track_id for place in places}) == len(places) >= 48
    for genre, count in Counter(place.order.genre for place in places).items():
        orders = [place.order for place in places if place.order.genre == genre]
        assert count == 4
        assert len({order.artist for order in orders}) == 2
        assert len({(order.artist, order.album) for order in orders}) == 4
        assert all(order.mood in GENRES[genre].moods for order in orders)


def test_the_committed_catalogue_follows_the_plan():
    places = {place.track_id: place for place in plan_catalogue()}
    assert {entry.track_id for entry in ENTRIES} == set(places)
    for entry in ENTRIES:
        order = places[entry.track_id].order
        artist = make_artist(entry.seed, order.genre, order.split, order.artist)
        assert entry.artist == artist.name
        assert (entry.album, entry.year) == artist.albums[order.album]
        assert entry.moods == (order.mood,)


def test_no_two_artists_or_albums_share_a_name():
    assert len({entry.artist for entry in ENTRIES}) == 28
    assert len({(entry.artist, entry.album) for entry in ENTRIES}) == 56
    assert len({entry.album for entry in ENTRIES}) == 56


def test_variety_and_size():
    assert len({entry.genres[0] for entry in ENTRIES}) >= 12
    assert len({entry.moods[0] for entry in ENTRIES}) >= 4
    assert {Path(entry.path).suffix for entry in ENTRIES} == {".mp3", ".ogg", ".m4a", ".flac"}
    files = [path for path in DEMO.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 12_000_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.track_id)
def test_tags_in_the_files_say_what_the_manifest_says(entry):
    tags = read_tags(DEMO / "catalogue" / entry.path)
    assert (tags.title, tags.artist, tags.album, tags.year) == (
        entry.title,
        entry.artist,
        entry.album,
        entry.year,
    )
    assert tags.genres == entry.genres
    assert tags.moods == entry.moods


def test_committed_scores_are_those_of_the_rule():
    with (DEMO / "collaborative_scores.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["user_id", "track_id", "score"]
    made = listener_scores(ENTRIES[0].seed, ENTRIES)
    assert [(user, track) for user, track, _ in rows[1:]] == [row[:2] for row in made]
    # Three decimals stand in the file; the last may be rounded the other way elsewhere.
    assert [float(row[2]) for row in rows[1:]] == pytest.approx([row[2] for row in made], abs=2e-3)


def test_listeners_have_distinct_tastes_and_know_a_part():
    scores = listener_scores(ENTRIES[0].seed, ENTRIES)
    genre_of = {entry.track_id: entry.genres[0] for entry in ENTRIES}
    best = {}
    for listener in {row[0] for row in scores}:
        own = [(score, track) for user, track, score in scores if user == listener]
        assert 15 <= len(own) < len(ENTRIES)
        assert all(0 <= score <= 1 for score, _ in own)
        best[listener] = {genre_of[track] for _, track in sorted(own)[-5:]}
    assert len(best) == 3
    for one in best:
        assert all(best[one].isdisjoint(best[two]) for two in best if two != one)
