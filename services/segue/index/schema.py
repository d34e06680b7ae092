"""What both Qdrant adapters store: collections, vectors, indexed fields, graph settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import SpaceMismatch
from segue.settings import IndexSettings
from segue.track_order import NUMBERS_OF_TEXTS, TEXTS

AUDIO = "audio"
"""Named vector that searches compare: cosine."""

GENRE = "genre"
"""Named vector in the genre space: Euclid, stored only when the model gives one."""

TRACKS = "tracks"
SEGMENTS = "segments"


class FieldKind(Enum):
    """Kind of payload index a field needs. Words: keywords, and what they begin with.

    Those of orders lie on the disk: few pages ask for one, and of 100,000 tracks they would take 50
    MB of memory.
    """

    KEYWORD = "keyword"
    WORDS = "words"
    FLOAT = "float"
    ORDER_TEXT = "order text"
    ORDER_NUMBER = "order number"


LABEL_FIELDS: Mapping[str, str] = {
    "genres": "genres",
    "moods": "moods",
    "artists": "artist_key",
    "albums": "album_key",
    "album_artists": "album_artist_key",
    "isrcs": "isrc",
    "musicbrainz_ids": "musicbrainz_ids",
    "keys": "key",
    "languages": "language",
}
"""Payload field behind each part of a filter that matches labels; of one label or of a list."""

HEARD_FIELDS: Mapping[str, str] = {
    "genres": "heard_genres",
    "moods": "heard_moods",
    "descriptors": "heard_descriptors",
}
"""Payload field of what the model hears by default, behind those parts that can look at it."""

MARK_FIELDS: Mapping[str, str] = {
    "genres": "heard_genre_marks",
    "moods": "heard_mood_marks",
    "descriptors": "heard_descriptor_marks",
}
"""Payload field behind any other threshold. A search takes the longer the more labels of the field
each point has: what is asked for most has a short field of its own."""

FILTERABLE: dict[str, FieldKind] = {
    "track_id": FieldKind.KEYWORD,
    **dict.fromkeys(LABEL_FIELDS.values(), FieldKind.KEYWORD),
    **dict.fromkeys((*HEARD_FIELDS.values(), *MARK_FIELDS.values()), FieldKind.KEYWORD),
    # A float index: an integer one truncates the bounds of a range, and 1999.5 would admit 1999.
    "year": FieldKind.FLOAT,
    "duration_seconds": FieldKind.FLOAT,
    "bpm": FieldKind.FLOAT,
    "explicit": FieldKind.KEYWORD,
    "heard_bpm": FieldKind.FLOAT,
    "heard_key": FieldKind.KEYWORD,
}
"""Payload fields with an index, on tracks and on segments alike."""

RECORDING = "recording"
"""Field of a track: its group of copies."""

RECORDING_KEYS = "recording_keys"
"""Field of a track: what its copies have in common with it, one of them at least."""

REGROUP = "regroup"
"""Field of a track whose copies have to be looked for, since it was written; holds ``DUE``."""

DUE = "due"

FINGERPRINT = "fingerprint"
"""Field of a track with its fingerprint in base64, which no list of tracks reads."""

WORDS = "words"
"""Field of a track: what it is found by (:func:`segue.words.words_of`). An index of keywords that
knows their beginnings takes 0.7 kB a track, one of texts, by prefixes, 2 kB. A page of 100 among
100,000 tracks takes the one 0.6 ms, the other 0.3, and 7 instead of 0.6 where three words are
frequent."""

WORDS_RULE = "words_rule"
"""Field of a track: the rule that its words and orders were made by; none on tracks of earlier
versions."""

ORDER_TEXTS: Mapping[str, str] = {by: f"order_{by}" for by in TEXTS}
"""Fields of a track: the texts that it is ordered by."""

ORDER_NUMBERS: Mapping[str, tuple[str, ...]] = {
    **{
        by: tuple(f"order_{by}_{place}" for place in range(1, count + 1))
        for by, count in NUMBERS_OF_TEXTS.items()
    },
    "year": ("year",),
    "duration_seconds": ("duration_seconds",),
    "ingested_at": ("order_ingested_at",),
}
"""Fields of a track: the numbers that it is ordered by, of a text those of its first letters."""

OF_TRACKS: dict[str, FieldKind] = {
    **dict.fromkeys((RECORDING, RECORDING_KEYS, REGROUP, WORDS_RULE), FieldKind.KEYWORD),
    WORDS: FieldKind.WORDS,
    **dict.fromkeys(ORDER_TEXTS.values(), FieldKind.ORDER_TEXT),
    **{
        field: FieldKind.ORDER_NUMBER
        for field in chain.from_iterable(ORDER_NUMBERS.values())
        if field not in FILTERABLE
    },
}
"""Fields with an index on tracks only."""


def indexed_fields(kind: str) -> dict[str, FieldKind]:
    """Payload fields that a collection of this kind has an index for."""
    return FILTERABLE | (OF_TRACKS if kind == TRACKS else {})


_SPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Settings of the HNSW graph (Malkov and Yashunin, 2016).

    Attributes
    ----------
    m
        Links per node.
    ef_construct, search_ef
        Candidates kept while building and while searching. Among 100,000 vectors of 281 numbers, a
        filter that keeps one in eight finds 98 % of the ten nearest with 128, over 99 % with 192.
    quantisation
        Whether int8 copies of the vectors steer the search; answers are rescored in float32.
    acorn_share
        A search whose filter keeps at most this share of the points, as the engine estimates it,
        goes by ACORN-1 (Patel et al., 2024): it steps over neighbours that the filter leaves out to
        theirs. Above it a graph finds 99 % of the ten nearest without. 0: no search does.
    """

    m: int = 16
    ef_construct: int = 128
    search_ef: int = 224
    quantisation: bool = False
    acorn_share: float = 0.8

    @classmethod
    def of(cls, settings: IndexSettings) -> GraphSettings:
        """Take the graph's part of the process's settings."""
        return cls(
            m=settings.index_hnsw_m,
            ef_construct=settings.index_hnsw_ef_construct,
            search_ef=settings.index_search_ef,
            quantisation=settings.index_quantisation,
        )


DEFAULT_GRAPH = GraphSettings()


def name_in(catalogue: str, name: str) -> str:
    """What is called ``name`` in the default catalogue, as it is called in one of the catalogues.

    No two are called the same: names of catalogues have no dot, and nothing of the default one
    begins with ``catalogue.``.
    """
    return f"catalogue.{catalogue}.{name}" if catalogue else name


def collection_name(kind: str, space: str, catalogue: str = DEFAULT_CATALOGUE) -> str:
    """Name of the collection of ``kind`` (``tracks``, ``segments``) in an embedding space.

    Raises
    ------
    SpaceMismatch
        When ``space`` cannot be a name of a collection or a folder.
    """
    if not _SPACE.fullmatch(space):
        raise SpaceMismatch(f"{space!r} is not the name of an embedding space")
    return name_in(catalogue, f"{kind}.{space}")
