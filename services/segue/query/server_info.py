"""What this query service can do, told from memory: its model, its space, its limits."""

from __future__ import annotations

from collections.abc import Iterator

import segue
from segue import limits
from segue.query.backends import Backends
from segue.query.learned import Learned
from segue.ranking.factors_source import FactorsSource
from segue.v1 import status_service_pb2 as messages

API = "segue.v1"

LIMITS = {
    "batch_answers": limits.MOST_BATCH_ANSWERS,
    "batch_searches": limits.MOST_BATCH_SEARCHES,
    "batch_seeds": limits.MOST_BATCH_SEEDS,
    "boosts": limits.MOST_BOOSTS,
    "clip_bytes": limits.LARGEST_CLIP_BYTES,
    "clip_seconds": int(limits.LONGEST_CLIP_SECONDS),
    "contour_genres": limits.MOST_CONTOUR_GENRES,
    "contour_targets": limits.MOST_CONTOUR_TARGETS,
    "deleted_tracks": limits.MOST_DELETED_TRACKS,
    "excluded_tracks": limits.LIST_ENTRIES["exclude_track_ids"],
    "given_scores": limits.MOST_GIVEN_SCORES,
    "ingest_items": limits.MOST_INGEST_ITEMS,
    "interactions": limits.MOST_INTERACTIONS,
    "list_page_size": limits.LARGEST_LIST_PAGE,
    "listed_tracks": limits.MOST_LISTED_TRACKS,
    "map_labels": limits.MOST_MAP_LABELS,
    "moved_tracks": limits.MOST_MOVED_TRACKS,
    "passages_per_track": limits.MOST_PASSAGES_EACH,
    "path_tracks": limits.MOST_PATH_TRACKS,
    "playlist_minutes": int(limits.MOST_PLAYLIST_MINUTES),
    "playlist_seed_tracks": limits.MOST_PLAYLIST_SEED_TRACKS,
    "playlist_tracks": limits.MOST_PLAYLIST_TRACKS,
    "query_words": limits.MOST_QUERY_WORDS,
    "read_tracks": limits.MOST_READ_TRACKS,
    "request_bytes": limits.LARGEST_REQUEST_BYTES,
    "search_answers": limits.MOST_SEARCH_ANSWERS,
    "search_page_size": limits.LARGEST_SEARCH_PAGE,
    "seeds_against": limits.MOST_SEEDS,
    "seeds_for": limits.MOST_SEEDS,
    "upserted_tracks": limits.MOST_UPSERTED_TRACKS,
}
"""Limits of requests by name; those of texts follow as ``text_bytes.<kind>``."""

_ALWAYS = ("map", "passages", "playlists", "text_search")


def server_info(
    backends: Backends, learned: Learned, *, records_listeners: bool
) -> messages.GetServerInfoResponse:
    """The answer as it is now; what the model says is missing until it has answered once.

    Parameters
    ----------
    learned
        The collaborative side of the catalogue that is meant.
    records_listeners
        Whether ListenerService is served.
    """
    source, rankers = learned.source, learned.rankers
    texts = {f"text_bytes.{kind}": size for kind, size in limits.TEXT_BYTES.items()}
    info = messages.GetServerInfoResponse(
        version=segue.__version__,
        api=API,
        limits={**LIMITS, **texts},
        features=sorted((*_ALWAYS, *_features(backends, learned, records_listeners))),
        factors_version=source.version if isinstance(source, FactorsSource) else "",
        ranker_version=rankers.version if rankers is not None else "",
    )
    info.catalogues.extend(backends.catalogues.named)
    card = backends.known_card
    if card is not None:
        info.model, info.model_version, info.device = card.name, card.version, card.device
        info.embedding_space, info.dimension = card.space, card.dimension
        info.genres.extend(card.genres)
        info.moods.extend(card.moods)
        info.descriptors.extend(card.descriptors)
        for half in card.halves:
            info.halves.add(name=half.name, share=half.share, dimension=half.dimension)
    return info


def _features(backends: Backends, learned: Learned, records_listeners: bool) -> Iterator[str]:
    """What depends on the model that is served, on what is published, and on the settings."""
    card, source, rankers = backends.known_card, learned.source, learned.rankers
    if card is not None and card.halves:
        yield "halves"
    if card is not None and card.genres:
        yield "genre_space"
    if source is not None and not (isinstance(source, FactorsSource) and not source.version):
        yield "collaborative"
    if card is not None and rankers is not None and rankers.fitting(card.space)[0] is not None:
        yield "learned_ranker"
    if backends.kept is not None:
        yield "kept_uploads"
    if records_listeners:
        yield "listeners"
