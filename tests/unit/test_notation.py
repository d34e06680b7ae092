"""One spelling for names, years, codes and keys."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.notation import isrc_of, key_of, musicbrainz_id_of, text_key, year_of
from writing import WRITING


@given(st.text(WRITING, max_size=20))
def test_a_key_is_its_own_key(text: str) -> None:
    assert text_key(text_key(text)) == text_key(text)


@given(st.text(WRITING, max_size=20))
def test_how_letters_are_composed_makes_no_difference(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert text_key(composed) == text_key(decomposed) == text_key(text)
    assert unicodedata.is_normalized("NFC", text_key(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Beyonce\u0301 Q", "BEYONC\u00c9  Q"), ("Straße", "STRASSE"), ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("\u212b", "a\u030a"), (" Björk\u00a0", "bjo\u0308rk"), ("ᾳ", "αι"),
    ],
)  # fmt: skip
def test_the_same_name_has_one_key(one: str, other: str) -> None:
    assert text_key(one) == text_key(other)


@pytest.mark.parametrize(
    "date",
    [
        "1995", "1995-10-03", "1995-10", "1995-00-00", "1995.10.03", "1995/10/03", "19951003",
        "1995-10-03T20:15:00Z", "1995-10-03 20:15", "Oct 3, 1995", "3 October 1995", "03/10/1995",
        "3.10.1995", "10-1995", "c. 1995", "ca.1995", "℗ 1995", "© 1995 Label", "(P)1995",
        "１９９５", "١٩٩٥", "1995年10月3日", "Tue Oct 03 20:15:00 1995", "03101995",
        "1995 (Remaster)", "[1995]",
        "19950000", " 1995 ", "1995-1997", "released 1995, 1995",
    ],
)  # fmt: skip
def test_dates_of_1995(date: str) -> None:
    assert year_of(date) == 1995


@pytest.mark.parametrize(
    "date",
    [
        "", "soon", "95", "'95", "31/12/95", "0000", "0000-00-00", "0310", "20031", "1990s",
        "the 1990's", "199", "199x", "19??", "812678400", "recorded 1969, released 1970",
        "10121112", "12345678", "99999999", "20011002003",
    ],
)  # fmt: skip
def test_no_year_is_better_than_a_wrong_one(date: str) -> None:
    assert year_of(date) is None


@given(st.text(max_size=30))
def test_a_year_stands_in_its_date(date: str) -> None:
    year = year_of(date)
    assert year is None or 1000 <= year <= 9999


def test_isrcs() -> None:
    assert isrc_of("us-rc1-76-07839") == isrc_of("ISRC USRC17607839") == "USRC17607839"
    assert isrc_of("US RC1 76 07839") == "USRC17607839"
    assert [isrc_of(text) for text in ("", "USRC1760783", "1SRC17607839", "USRC1760783X")] == [
        ""
    ] * 4


def test_musicbrainz_ids() -> None:
    plain = "b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d"
    url = f"https://musicbrainz.org/artist/{plain.upper()}/"
    assert musicbrainz_id_of(plain) == musicbrainz_id_of(url) == plain
    assert musicbrainz_id_of("") == musicbrainz_id_of("The Beatles") == ""


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        ("Am", ("Am", "am", "A minor", "a min", "8A", "08a", "1m", "A Dorian", "A blues")),
        ("C", ("C", "c", "C major", "CMaj", "8B", "1d", "C lydian", "c major pentatonic")),
        ("F#m", ("F#m", "Gbm", "F♯ minor", "f sharp minor", "11A", "4m")),
        ("A#", ("Bb", "B♭", "A# major", "b flat", "6B", "11d")),
        ("B", ("B", "Cb", "1B", "6d")),
        ("Bm", ("B blues", "Cb  harmonic  minor", "10A")),
        ("", ("", "H", "o", "13A", "0A", "Am/C", "minor", "none")),
    ],
)
def test_musical_keys(key: str, spellings: tuple[str, ...]) -> None:
    assert {text: key_of(text) for text in spellings} == dict.fromkeys(spellings, key)
