"""A map of the catalogue: a place in the plane for every track, and what it is coloured by. No I/O.

Shape: N tracks.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from segue.errors import MapUnusable
from segue.map_colours import LABEL_KINDS, Coded, Colours
from segue.published import About

Places: TypeAlias = npt.NDArray[np.float32]
"""Shape (N, 2), float32: x to the right and y upwards, in [-1, 1]."""

LAYOUTS = ("tsne", "pca")
"""How places come about: neighbours stay neighbours, or the two directions of most variance."""

_MAGIC = b"SEGUE-MAP-1\n"
_LENGTH = struct.Struct("<I")
_MOST_UNPACKED_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MapAbout(About):
    """What is said of a version of the map.

    Attributes
    ----------
    version
        Its name, which grows with time.
    space
        Embedding space of the vectors.
    tracks
        How many have a place.
    left_out
        How many of the catalogue have none: a map holds so many tracks and no more.
    created_at, fitted_at
        When it was made, and when all of it was laid out anew last; seconds since 1970.
    changed
        Tracks that came, went or sound different since it was laid out anew.
    seconds
        How long this version took to make.
    size_bytes
        What it takes where it is published.
    labels
        What tracks can be coloured by besides genre and mood: ``genre:rock``, ``mood:calm``.
    """

    WHAT: ClassVar = "the map"
    UNUSABLE: ClassVar = MapUnusable

    version: str
    space: str
    tracks: int
    left_out: int
    created_at: float
    fitted_at: float
    changed: int = 0
    seconds: float = 0.0
    size_bytes: int = 0
    labels: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class TrackMap:
    """Where the tracks of a catalogue lie.

    Attributes
    ----------
    track_ids
        N ids, none of them twice.
    places
        Places by the name of the layout, for each of ``LAYOUTS``.
    digests
        Shape (N,), uint64: stands for each track's vector, so that a changed one is noticed.
    colours
        What tracks are coloured by.
    """

    track_ids: Sequence[str]
    places: Mapping[str, Places]
    digests: npt.NDArray[np.uint64]
    colours: Colours

    def rows(self) -> dict[str, int]:
        """Row of each track by its id."""
        return {track: row for row, track in enumerate(self.track_ids)}


def map_to_bytes(one: TrackMap) -> bytes:
    """Pack a map: names as JSON, then its arrays in little endian, all of it compressed."""
    colours = one.colours
    header = json.dumps(
        {
            "track_ids": list(one.track_ids),
            "values": {name: list(colours.coded[name].values) for name in LABEL_KINDS},
            "labels": list(colours.labels),
        },
        ensure_ascii=False,
    ).encode()
    packed = zlib.compress(
        b"".join(
            (
                _LENGTH.pack(len(header)),
                header,
                *(np.ascontiguousarray(one.places[name], "<f4").tobytes() for name in LAYOUTS),
                np.ascontiguousarray(one.digests, "<u8").tobytes(),
                *(np.ascontiguousarray(colours.coded[k].codes, "<u4").tobytes()
                  for k in LABEL_KINDS),
                np.ascontiguousarray(colours.years, "<u2").tobytes(),
                np.ascontiguousarray(colours.levels, "u1").tobytes(),
            )
        ),
        level=6,
    )  # fmt: skip
    return _MAGIC + packed


def map_from_bytes(data: bytes) -> TrackMap:
    """Unpack what :func:`map_to_bytes` packed.

    Raises
    ------
    MapUnusable
        When it is something else, or not whole.
    """
    if not data.startswith(_MAGIC):
        raise MapUnusable("this is no map, or that of another version of Segue")
    try:
        return _from_arrays(_unpacked(data[len(_MAGIC) :]))
    except (ValueError, KeyError, TypeError, IndexError, struct.error, zlib.error) as exc:
        raise MapUnusable("the map is damaged") from exc


def _unpacked(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    unpacked = stream.decompress(data, _MOST_UNPACKED_BYTES)
    if not stream.eof:
        raise ValueError("it does not end")
    return unpacked


def _from_arrays(data: bytes) -> TrackMap:
    (length,) = _LENGTH.unpack_from(data)
    place = _LENGTH.size + length
    header = json.loads(data[_LENGTH.size : place])
    ids: list[str] = header["track_ids"]
    count, labels = len(ids), header["labels"]

    def taken(kind: str, number: int) -> Any:
        nonlocal place
        values = np.frombuffer(data, kind, number, place)
        place += values.nbytes
        return values

    places = {name: taken("<f4", 2 * count).reshape(count, 2) for name in LAYOUTS}
    digests = taken("<u8", count)
    coded = {kind: Coded(header["values"][kind], taken("<u4", count)) for kind in LABEL_KINDS}
    years = taken("<u2", count)
    levels = taken("u1", count * len(labels)).reshape(len(labels), count)
    finite = all(np.isfinite(one).all() for one in places.values())
    in_range = all(one.codes.max(initial=0) <= len(one.values) for one in coded.values())
    if place != len(data) or not finite or not in_range:
        raise ValueError("its parts do not fit together")
    return TrackMap(ids, places, digests, Colours(coded, years, labels, levels))
