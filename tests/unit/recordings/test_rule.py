"""The rule by which two tracks are the same recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from random_fingerprints import fingerprint_of, noisy, random_codes
from segue.fingerprints import MOST_STEPS, NO_FINGERPRINT, Fingerprint
from segue.recordings.rule import landmarks_of, markers, recording_keys, same_recording
from segue.tracks import Provenance, Track, TrackMetadata

CODES = random_codes(5, 1_000)
PRINT = fingerprint_of(CODES)


def track(title: str = "", sha: str = "", **said: object) -> Track:
    provenance = said.pop("provenance", Provenance.OWNER)
    metadata = TrackMetadata(title=title, **said)  # type: ignore[arg-type]
    name = f"{title}{sha}{len(said)}"
    return Track(name, metadata, content_sha256=sha, provenance=provenance)  # type: ignore[arg-type]


def same(one: Track, first: Fingerprint, other: Track, second: Fingerprint) -> bool:
    answer = same_recording(one, first, other, second)
    assert same_recording(other, second, one, first) is answer
    return answer


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Find You (march remix)", {"remix"}),
        ("Find You", set()),
        ("Leaving Millie (live piano)", {"live", "piano"}),
        ("Live Forever", set()),
        ("Song - Acoustic Version", {"acoustic"}),
        ("Song [Radio EDIT]", {"edit"}),
        ("Song – Demo", {"demo"}),
        ("(Remix) Song", {"remix"}),
        ("Remixed feelings (delivery)", set()),
        ("", set()),
    ],
)
def test_markers_stand_in_brackets_or_behind_a_dash(title: str, expected: set[str]) -> None:
    assert markers(title) == expected


def test_one_content_is_one_recording_whatever_titles_say() -> None:
    one, other = track("Song", "aa"), track("Song (live)", "aa")
    assert same(one, NO_FINGERPRINT, other, NO_FINGERPRINT)
    assert not same(one, NO_FINGERPRINT, track("Song", "bb"), NO_FINGERPRINT)
    assert not same(track("Song"), NO_FINGERPRINT, track("Song!"), NO_FINGERPRINT)


def test_parts_of_one_file_are_recordings_of_their_own() -> None:
    one, other = replace(track("1", "aa"), duration_seconds=200.0), track("2", "aa")
    other = replace(other, duration_seconds=230.0)
    assert not same(one, NO_FINGERPRINT, other, NO_FINGERPRINT)
    as_long = replace(other, duration_seconds=200.0)
    assert not same(one, PRINT, as_long, fingerprint_of(random_codes(8, 1_000)))
    assert same(one, PRINT, as_long, PRINT)


def test_a_hash_that_somebody_only_claims_is_no_proof() -> None:
    claimed = track("Mine", "aa", provenance=Provenance.GIVEN)
    ingested = track("Song", "aa", provenance=Provenance.INGESTED)
    assert not same(ingested, PRINT, claimed, NO_FINGERPRINT)
    assert same(ingested, PRINT, claimed, PRINT)


@pytest.mark.parametrize("provenance", [Provenance.INGESTED, Provenance.GIVEN])
def test_a_strangers_copy_is_kept_apart_from_the_owners(provenance: Provenance) -> None:
    strange = track("Song", "aa", provenance=provenance)
    assert not same(track("Song", "aa"), PRINT, strange, PRINT)
    assert not same(track("Song", "aa", provenance=None), PRINT, strange, PRINT)
    assert same(track("Song", "aa", provenance=None), PRINT, track("S", "aa"), PRINT)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.18])
def test_a_copy_with_the_noise_of_encoders_is_the_same(share: float) -> None:
    copy = fingerprint_of(noisy(CODES, share))
    assert same(track("Song"), PRINT, track("Song, as I call it"), copy)


def test_what_agrees_barely_everywhere_is_another_performance() -> None:
    assert not same(track("Song"), PRINT, track("Song"), fingerprint_of(noisy(CODES, 0.26)))


@pytest.mark.parametrize(("cut", "expected"), [(50, True), (180, True), (230, False)])
def test_an_intro_may_be_missing_up_to_a_fifth(cut: int, expected: bool) -> None:
    copy = fingerprint_of(noisy(CODES[cut:], 0.05))
    assert same(track("Song"), PRINT, track("song"), copy) is expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(3_600.0, True), (3_650.0, True), (3_700.0, False), (0.0, False)]
)
def test_beyond_their_fingerprints_lengths_have_to_agree(seconds: float, expected: bool) -> None:
    long = fingerprint_of(random_codes(9, MOST_STEPS - 5))
    one = replace(track("Mix"), duration_seconds=3_600.0)
    assert same(one, long, replace(track("mix"), duration_seconds=seconds), long) is expected


def test_half_of_a_song_with_another_half_is_another_song() -> None:
    medley = fingerprint_of(np.concatenate([CODES[:500], random_codes(6, 500)]))
    assert not same(track("Song"), PRINT, track("Medley"), medley)


@pytest.mark.parametrize("title", ["Song (live)", "Song - Instrumental", "Song (edit)"])
def test_another_marker_asks_for_identical_sound(title: str) -> None:
    shortened = fingerprint_of(noisy(CODES[50:], 0.05))
    assert not same(track("Song"), PRINT, track(title), shortened)
    assert not same(track("Song"), PRINT, track(title), fingerprint_of(noisy(CODES, 0.18)))
    assert same(track("Song"), PRINT, track(title), fingerprint_of(noisy(CODES, 0.1)))
    assert same(track(title), PRINT, track(f"{title} "), shortened)


def test_clean_and_explicit_words_are_two_versions() -> None:
    shortened = fingerprint_of(noisy(CODES[50:], 0.05))
    assert not same(track("S", explicit=True), PRINT, track("S", explicit=False), shortened)
    assert same(track("S", explicit=True), PRINT, track("S"), shortened)


def test_copies_have_a_key_in_common() -> None:
    keys = recording_keys(Track("a", content_sha256="ab"), PRINT)
    assert keys[0] == "sha256:ab"
    copy = fingerprint_of(noisy(CODES[100:], 0.02))
    assert not set(keys).isdisjoint(recording_keys(Track("b"), copy))
    other = Track("c", content_sha256="cd")
    assert set(keys).isdisjoint(recording_keys(other, fingerprint_of(random_codes(7))))
    assert recording_keys(Track("d"), NO_FINGERPRINT) == ()


@pytest.mark.parametrize("whose", [Provenance.GIVEN, Provenance.INGESTED])
def test_keys_of_strangers_are_none_of_the_owners(whose: Provenance) -> None:
    owners = Track("a", content_sha256="ab", provenance=Provenance.OWNER)
    keys = recording_keys(replace(owners, provenance=whose), PRINT)
    assert set(keys).isdisjoint(recording_keys(owners, PRINT))
    assert landmarks_of(keys) == landmarks_of(recording_keys(owners, PRINT)) == PRINT.landmarks
