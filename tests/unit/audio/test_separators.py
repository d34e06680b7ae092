"""Where one text of a tag holds several labels or names."""

from __future__ import annotations

import pytest

from segue.audio.separators import WHOLE_GENRES, split_artists, split_genres


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        ("Rock", ["Rock"]),
        ("Indie Folk; Dream Pop", ["Indie Folk", "Dream Pop"]),
        ("Indie Folk/Dream Pop", ["Indie Folk", "Dream Pop"]),
        (r"Rock, Pop|Jazz\Blues", ["Rock", "Pop", "Jazz", "Blues"]),
        ("R&B/Soul", ["R&B/Soul"]),
        ("Jazz/r&b/soul; Rock", ["Jazz", "r&b/soul", "Rock"]),
        ("Hip-Hop/Rapture", ["Hip-Hop", "Rapture"]),
        ("Folk, World, & Country", ["Folk, World, & Country"]),
        ("Folk, World, & Country, Funk / Soul", ["Folk, World, & Country", "Funk / Soul"]),
        ("Electronic/Folk, World, & Country", ["Electronic", "Folk, World, & Country"]),
        ("Bed, Bath and Beyond, and More; Pop", ["Bed, Bath and Beyond, and More", "Pop"]),
        (" ; , / ", []),
        ("", []),
    ],
)
def test_genres(text: str, genres: list[str]) -> None:
    assert split_genres(text) == genres


@pytest.mark.parametrize("name", WHOLE_GENRES)
def test_known_names_stay_whole(name: str) -> None:
    assert split_genres(name.title()) == [name.title()]
    assert split_genres(f"Jazz; {name}; Blues") == ["Jazz", name, "Blues"]


@pytest.mark.parametrize(
    ("text", "artists"),
    [
        ("Alpha; Beta", ["Alpha", "Beta"]),
        ("Alpha;Beta ;", ["Alpha", "Beta"]),
        ("Alpha / Beta", ["Alpha", "Beta"]),
        (r"Alpha\\Beta", ["Alpha", "Beta"]),
        ("AC/DC", ["AC/DC"]),
        ("AC/DC / Alpha", ["AC/DC", "Alpha"]),
        ("Earth, Wind & Fire", ["Earth, Wind & Fire"]),
        ("Alpha feat. Beta", ["Alpha feat. Beta"]),
        ("", []),
    ],
)
def test_artists(text: str, artists: list[str]) -> None:
    assert split_artists(text) == artists
