"""Opens the index that a URL names. Only the adapter in use is imported."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import unquote, urlsplit

from segue.catalogues import DEFAULT_CATALOGUE
from segue.exposure import is_loopback
from segue.index.port import TrackIndex
from segue.index.schema import GraphSettings
from segue.settings import IndexSettings, InvalidSetting

log = logging.getLogger(__name__)


def tell_of_plain_key(settings: IndexSettings) -> None:
    """Log to which other machine the key of the index goes unencrypted, if it does.

    On a private network that is as it should be, so it is not a warning. For the start of a
    process: its index may be opened many times.
    """
    url = urlsplit(settings.index_url)
    host = url.hostname or "127.0.0.1"
    if url.scheme == "qdrant" and settings.index_api_key and not is_loopback(host):
        log.info("the key of the index goes to %s unencrypted; qdrants:// asks for TLS", host)


async def open_index(
    settings: IndexSettings,
    *,
    space: str,
    dimension: int,
    genre_dimension: int | None = None,
    catalogue: str = DEFAULT_CATALOGUE,
) -> TrackIndex:
    """Open, and where needed create, the index of one embedding space of a catalogue.

    Parameters
    ----------
    settings
        ``index_url`` is ``edge:///path``, ``qdrant://host:6334``, ``qdrants://host:6334`` or
        ``exact://`` (in memory, for tests).
    dimension, genre_dimension
        Lengths of song vectors and of genre vectors (None: none are stored).

    Raises
    ------
    InvalidSetting
        When the URL names no index that can be searched.
    IndexUnavailable
        When the index does not answer, or another process owns it.
    SpaceMismatch
        When the index holds vectors of another length.
    """
    url = urlsplit(settings.index_url)
    if url.scheme == "edge":
        from segue.index.edge.index import EdgeIndex

        return await EdgeIndex.open(
            Path(unquote(url.path)),
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            graph=GraphSettings.of(settings),
            catalogue=catalogue,
        )
    if url.scheme in ("qdrant", "qdrants"):
        from segue.index.qdrant.index import QdrantIndex

        return await QdrantIndex.open(
            settings,
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            catalogue=catalogue,
        )
    if url.scheme == "exact":
        from segue.index.exact import ExactIndex

        return ExactIndex(
            space=space,
            dimension=dimension,
            genre_dimension=genre_dimension,
            catalogue=catalogue,
        )
    raise InvalidSetting(
        f"SEGUE_INDEX_URL has scheme {url.scheme!r}: only edge, qdrant and exact can be searched"
    )
