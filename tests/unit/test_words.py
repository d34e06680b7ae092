"""Words by which tracks are found, with names as people write them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.tracks import Track, TrackMetadata
from segue.words import LONGEST_WORD, MOST_STORED, beginnings, fold, found_by, words_asked, words_of


def titled(title: str, **said: object) -> Track:
    return Track("x", TrackMetadata(title=title, **said))  # type: ignore[arg-type]


BEETHOVEN = titled(
    "Symphony No. 5 in C minor, Op. 67: I. Allegro con brio",
    artists=("Ludwig van Beethoven", "Wiener Philharmoniker"),
    album="Symphonien",
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Björk", "bjork"), ("Mötley Crüe", "motley crue"), ("Beyoncé", "beyonce"),
        ("Straße", "strasse"), ("STRASSE", "strasse"), ("Røyksopp", "royksopp"),
        ("Ǿrsted", "orsted"), ("Łąki Łan", "laki lan"), ("Dvořák", "dvorak"),
        ("Sigur Rós Ágætis", "sigur ros agaetis"), ("Þursaflokkurinn", "thursaflokkurinn"),
        ("Guðmundur", "gudmundur"), ("Nguyễn Đức", "nguyen duc"), ("İstanbul ısı", "istanbul isi"),
        ("Œuvre", "oeuvre"), ("ﬁn", "fin"), ("ＡＢＣ１２", "abc12"), ("Ⅻ", "xii"), ("x²", "x2"),
        ("Ленинград ЁЛКА", "ленинград елка"), ("ΣΊΣΥΦΟΣ", "σισυφοσ"), ("Σίσυφος", "σισυφοσ"),
        ("أُمّ كُلثوم", "ام کلثوم"), ("فيروز", "فیروز"), ("עִבְרִית", "עברית"), ("٣", "3"), ("۴", "4"),
        ("マイケル", "まいける"), ("ﾏｲｹﾙ", "まいける"), ("が", "が"), ("ｶﾞ", "が"), ("か", "か"),
        ("हिन्दी", "हिन्दी"), ("서울", "서울"), ("soft\u00adly", "softly"), ("\udc80x", "x"),
    ],
)  # fmt: skip
def test_letters_fold_to_what_people_type(text: str, folded: str) -> None:
    assert fold(text) == unicodedata.normalize("NFC", folded)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Don't Don’t Don´t", ["dont", "don", "t"]),
        ("AC/DC", ["ac", "dc", "acdc"]),
        ("R.E.M.", ["r", "e", "m", "rem"]),
        ("Rock'n'Roll", ["rocknroll", "rock", "n", "roll"]),
        ("1,000 Hours (Live)", ["1", "000", "1000", "hours", "live"]),
        ("Simon & Garfunkel", ["simon", "&", "garfunkel"]),
        ("!!!", ["!!!"]),
        ("÷", ["÷"]),
        ("夜に駆ける", ["夜に", "に駆", "駆け", "ける", "る"]),
        ("椎名 林檎", ["椎名", "名林", "林檎", "檎"]),
        ("東京Tokyo", ["tokyo", "東京", "京"]),
        ("", []),
        (" \t\u3000", []),
    ],
)
def test_words_of_titles(title: str, words: list[str]) -> None:
    assert words_of(titled(title)) == words


def test_words_are_of_title_artists_album_artist_and_album() -> None:
    track = titled("One", artists=("Two", "Three"), album_artist="Four", album="Five One", key="Am")
    assert words_of(track) == ["one", "two", "three", "four", "five"]


def test_without_a_title_a_track_is_called_by_its_file() -> None:
    track = Track("x", source_uri="file:///secret/Für%20Elise.mp3")
    assert words_of(track) == ["fur", "elise", "mp3", "elisemp3"]
    assert not found_by(Track("x", TrackMetadata("Elise"), source_uri="file:///Für"), "fur")
    upload = Track("x", source_uri="kept://" + "0" * 64, file_name="Home.flac")
    assert words_of(upload) == ["home", "flac", "homeflac"]


@pytest.mark.parametrize(
    "query",
    [
        "beet symph", "SYMPH BEET", "beethoven 5", "no. 5", "No.5", "philharm", "op 67",
        "Ludwig van Beethoven – Symphony No. 5", "symphonien c minor", "", "  ", "bee beet beeth",
    ],
)  # fmt: skip
def test_queries_that_find(query: str) -> None:
    assert found_by(BEETHOVEN, query)


@pytest.mark.parametrize("query", ["ethoven", "beet mozart", "55", "symphonys", "!!!", "ludwigvan"])
def test_queries_that_do_not_find(query: str) -> None:
    assert not found_by(BEETHOVEN, query)


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("Björk", "bjork"), ("Bjork", "BJÖRK"), ("Mötley Crüe", "motley cr"), ("AC/DC", "acdc"),
        ("AC/DC", "ac/dc"), ("Don’t Stop", "don't st"), ("Don't Stop", "dont stop"),
        ("REM", "R.E.M."), ("R.E.M.", "rem"), ("L’amour", "amour"), ("L'amour", "l’amour"),
        ("Hip-Hop", "hiphop"), ("Hip Hop", "hip-hop"), ("夜に駆ける", "駆ける"),
        ("夜に駆ける", "駆"), ("夜に駆ける", "夜に駆ける"), ("椎名林檎", "椎名 林檎"),
        ("椎名 林檎", "椎名林檎"), ("マイケル・ジャクソン", "まいけるじゃく"),
        ("방탄소년단 - 봄날", "방탄 봄"), ("Земфира", "земф"),
        ("พี่เบิร์ด", "เบิร์ด"), ("أم كلثوم", "ام كلثوم"), ("÷", "÷"), ("???", "?"),
        ("Øresund", "oresund"), ("Smørrebrød", "smorrebrod"), ("Ænima", "aenima"),
    ],
)  # fmt: skip
def test_ways_to_write_one_name(title: str, query: str) -> None:
    assert found_by(titled(title), query)


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("かき", "がき"),
        ("夜に駆ける", "ける夜"),
        ("दिल", "दल"),
        ("김건모", "김종국"),
        ("AC", "ac/dc"),
    ],
)
def test_other_names(title: str, query: str) -> None:
    assert not found_by(titled(title), query)


def test_words_are_counted_as_people_count_them() -> None:
    assert words_asked("Beet, beet – symph! no.5") == ["beet", "beet", "symph", "no", "5"]
    assert words_asked("夜に駆ける yoasobi") == ["夜に駆ける", "yoasobi"]


def test_what_follows_from_another_word_is_not_asked_for() -> None:
    assert beginnings("b beet be symph beet") == ["beet", "symph"]


def test_long_texts_are_bounded() -> None:
    long = "a" * 300
    assert words_of(titled(long)) == ["a" * LONGEST_WORD]
    assert found_by(titled(long), long)
    many = titled(" ".join(f"w{number}" for number in range(2_000)), artist="Last")
    assert len(words_of(many)) == MOST_STORED
    assert not found_by(many, "last")


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


@given(TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS, TEXTS)
def test_a_text_finds_its_track_and_so_does_what_it_begins_with(title: str, artist: str) -> None:
    track = titled(title, artist=artist)
    assert found_by(track, title)
    assert found_by(track, artist)
    assert found_by(track, f"{artist} {title}")
    for word in words_asked(title):
        assert found_by(track, word[: len(word) // 2 + 1])
