"""When two tracks are the same recording.

Measured on copies that were made of real recordings (``make bench BENCH="--only duplicates"`` makes
them again): distances of embeddings do not tell. The quieter copy of a track lies at a cosine of
0.83, its remaster at 0.70, while the same performance at another speed lies at 0.99.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from segue.fingerprints import Fingerprint
from segue.notation import text_key
from segue.recordings.agreement import agreement
from segue.tracks import Provenance, Track

OF_LONGER, OF_SHORTER = 0.80, 0.90
"""Shares of two tracks that have to be the same sound: one may lack an intro or its end."""

MOST_WRONG = 0.20
"""Share of differing bits in what is the same sound. With the front ends of two models, copies of
11 recordings reached 0.12 and 0.19; what was played 2 % faster, of which a short one still agrees
with itself everywhere, had 0.21 and more."""

IDENTICAL, MOST_WRONG_IDENTICAL = 0.97, 0.15
"""Share of both, and of differing bits, from which on titles do not matter."""

_SAME_SECONDS = 0.5
"""Lengths of one file's whole audio differ by less. Parts of one file are tracks of their own."""

_UNHEARD = 0.02
"""Share by which the lengths of what is longer than its fingerprint may differ."""

_CONTENT, _OF_OTHERS = "sha256:", "other:"

MARKERS = frozenset(
    {"live", "remix", "mix", "acoustic", "unplugged", "demo", "cover", "instrumental", "karaoke"}
    | {"edit", "extended", "rework", "dub", "rehearsal", "session", "orchestral", "acapella"}
    | {"piano", "reprise", "clean", "explicit"}
)
"""Words behind a title that say: this is another version."""

_BEHIND = re.compile(r"[(\[{](.*?)[)\]}]|\s[-–—]\s(.*)$")
_WORD = re.compile(r"\w+")


def markers(title: str) -> frozenset[str]:
    """Words of ``MARKERS`` in the brackets of a title, or behind its dash."""
    behind = " ".join(one or other for one, other in _BEHIND.findall(text_key(title)))
    return MARKERS.intersection(_WORD.findall(behind))


def recording_keys(track: Track, fingerprint: Fingerprint) -> tuple[str, ...]:
    """What tracks have to have in common, one at least, to be compared.

    The owner's and those of others have none in common: however many strangers send in, the copies
    of the owner's are found.
    """
    whose = "" if of_owner(track) else _OF_OTHERS
    content = (f"{whose}{_CONTENT}{track.content_sha256}",) if track.content_sha256 else ()
    return (*content, *(f"{whose}{landmark:08x}" for landmark in fingerprint.landmarks))


def landmarks_of(keys: Iterable[str]) -> tuple[int, ...]:
    """Landmarks of the fingerprint whose :func:`recording_keys` these are."""
    said = (key.removeprefix(_OF_OTHERS) for key in keys)
    return tuple(int(key, 16) for key in said if not key.startswith(_CONTENT))


def of_owner(track: Track) -> bool:
    """Whether the owner had it ingested or gave it."""
    return track.provenance in (None, Provenance.OWNER)


def same_recording(
    one: Track, one_print: Fingerprint, other: Track, other_print: Fingerprint
) -> bool:
    """Say whether two tracks are the same recording, in either order.

    The same content is, unless they are different parts of it. Otherwise their sound decides,
    wherever one begins in the other; other markers in their titles, or in what they say of their
    words, ask for more of it. The owner's tracks and those of others are never the same: what a
    stranger sends in must not take the place of the owner's in an answer.
    """
    if of_owner(one) is not of_owner(other):
        return False
    known = bool(one_print and other_print)
    if _same_content(one, other) and (not known or one_print == other_print):
        return True
    early = one_print.ends_early or other_print.ends_early
    if not known or (early and not _equally_long(one, other)):
        return False
    # Offsets that are equally good are chosen alike in either order.
    if (other_print.code_bytes, other.track_id) < (one_print.code_bytes, one.track_id):
        one_print, other_print = other_print, one_print
    shared = agreement(one_print.codes, other_print.codes)
    least, most = sorted((shared.of_first, shared.of_second))
    if _versions_differ(one, other):
        return least >= IDENTICAL and shared.wrong <= MOST_WRONG_IDENTICAL
    return least >= OF_LONGER and most >= OF_SHORTER and shared.wrong <= MOST_WRONG


def _same_content(one: Track, other: Track) -> bool:
    """Whether both are the same file, as far as somebody vouches for it, and as much of it."""
    return (
        bool(one.content_sha256)
        and one.content_sha256 == other.content_sha256
        and abs(one.duration_seconds - other.duration_seconds) <= _SAME_SECONDS
        and Provenance.GIVEN not in (one.provenance, other.provenance)
    )


def _equally_long(one: Track, other: Track) -> bool:
    shorter, longer = sorted((one.duration_seconds, other.duration_seconds))
    return shorter > 0 and longer - shorter <= _UNHEARD * longer


def _versions_differ(one: Track, other: Track) -> bool:
    first, second = one.metadata, other.metadata
    explicit = {first.explicit, second.explicit} == {True, False}
    return explicit or markers(first.title) != markers(second.title)
