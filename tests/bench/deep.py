"""Deep searches over 100,000 tracks with 1,000,000 passages, beside the engine's own time.

Passages, late interaction, forty seeds, diversity, caps that refill, hybrids and playlists;
searches by words, beside reading one track; and what that takes while long searches run.

The engine is asked in this process, without any adapter, for the searches that a request needs: as
many, of the same size. Both take turns, so that the machine's moods hit both alike.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import numpy as np
import qdrant_edge as edge
from tests.bench.catalogue import filled, make_catalogue, make_queries, track_id
from tests.bench.load import PAGE
from tests.bench.query import bare_engine
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.index.schema import AUDIO, DEFAULT_GRAPH, SEGMENTS, TRACKS
from segue.owner_token import token_metadata
from segue.tracks import track_point_id
from segue.v1 import catalog_service_pb2
from segue.v1 import catalog_service_pb2_grpc as catalogue_stubs
from segue.v1 import playlist_service_pb2 as playlists
from segue.v1 import playlist_service_pb2_grpc as playlist_stubs
from segue.v1 import similarity_service_pb2 as api
from segue.v1 import similarity_service_pb2_grpc as stubs

PASSAGES = 10
CALLS = 60
"""Calls of each kind; as many of the engine take turns with them."""

BESIDE = 300
"""Reads of one track beside each long search."""

LIMIT = 2.5
WORDS_LIMIT = 20.0
PLAYLIST_TRACKS = 50
PLAYLIST_SEARCHES = 10
SEED_PASSAGES = 10
"""Passages of a seed in late interaction: of a track of the catalogue."""

CANDIDATES = 200
"""What a mixed search and one with diversity ask the engine for."""

Call = Callable[[int], Any]
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A request, and the engine's searches that it needs; both take the number of the call.

    Attributes
    ----------
    limit
        How many times the engine's time it may take.
    """

    request: Call
    engine: Call
    limit: float = LIMIT


def measure(folder: Path, tracks: int) -> tuple[list[Row], dict]:
    """Rows and raw numbers. The filled index stays in ``folder`` for the next run."""
    catalogue = make_catalogue(tracks)
    data = filled(folder, catalogue, passages=PASSAGES)
    queries = make_queries(CALLS)
    with ExitStack() as opened:
        songs = opened.enter_context(bare_engine(data / "index", TRACKS))
        passages = opened.enter_context(bare_engine(data / "index", SEGMENTS))
        stack = opened.enter_context(BenchStack(data))
        channel = opened.enter_context(grpc.insecure_channel(stack.address))
        owner = token_metadata(stack.token)
        kinds = _kinds(channel, owner, songs, passages, queries, tracks)
        times = {name: _in_turns(kind) for name, kind in kinds.items()}
        words = _word_search(channel, owner, tracks)
        found, read = _in_turns(words)
        beside = {name: _beside(call, words.engine) for name, call in _long(channel, owner, tracks)}
    rows: list[Row] = []
    for name, (ours, engine) in times.items():
        rows.append(
            Row(
                "deep",
                f"{name}: p50 / p99, engine",
                f"{_at(ours, 50):.1f} / {_at(ours, 99):.1f} ms, "
                f"{_at(engine, 50):.1f} / {_at(engine, 99):.1f} ms",
            )
        )
        ratio = _at(ours, 50) / _at(engine, 50)
        rows.append(at_most("deep", f"{name}: p50 ÷ the engine's", ratio, kinds[name].limit))
    rows += _words(found, read)
    for name, times_beside in beside.items():
        rows.append(
            Row(
                "deep",
                f"reading one track beside {name}: p50 / p99",
                f"{_at(times_beside, 50):.1f} / {_at(times_beside, 99):.1f} ms",
            )
        )
    raw = {name: {"ours_ms": ours, "engine_ms": engine} for name, (ours, engine) in times.items()}
    return rows, {"tracks": tracks, "passages": tracks * PASSAGES, "times": raw}


def _kinds(
    channel: grpc.Channel,
    owner: Metadata,
    songs: edge.EdgeShard,
    passages: edge.EdgeShard,
    queries: np.ndarray,
    tracks: int,
) -> Mapping[str, Kind]:
    search = stubs.SimilarityServiceStub(channel)
    playlist = playlist_stubs.PlaylistServiceStub(channel)
    rng = np.random.default_rng(5)
    # No track may count for and against.
    picks = np.array([rng.choice(tracks, size=40, replace=False) for _ in range(CALLS)])

    def vector(number: int) -> api.Seed:
        return api.Seed(embedding=api.EmbeddingSeed(values=queries[number].tolist()))

    def asked(number: int, **fields: Any) -> api.SearchSimilarTracksResponse:
        request = api.SearchSimilarTracksRequest(page_size=PAGE, **fields)
        if not request.seeds:
            request.seed.CopyFrom(vector(number))
        return search.SearchSimilarTracks(request, timeout=60, metadata=owner)

    def seeds(number: int) -> list[api.WeightedSeed]:
        return [
            api.WeightedSeed(seed=api.Seed(track_id=track_id(int(pick))), weight=sign)
            for pick, sign in zip(picks[number], [1.0] * 20 + [-1.0] * 20, strict=True)
        ]

    def of_songs(number: int, limit: int = PAGE, times: int = 1, *, vectors: bool = False) -> None:
        _ask(songs, [queries[(number + more) % CALLS] for more in range(times)], limit, vectors)

    def of_seeds(number: int) -> None:
        """What is compared has to be read first, and the seeds are no answers."""
        points = [track_point_id(track_id(int(pick))) for pick in picks[number]]
        songs.retrieve(points, False, [AUDIO])
        _ask(songs, [queries[number]], PAGE, without=points)

    def of_passages(number: int, limit: int, times: int = 1) -> None:
        _ask(passages, [queries[(number + more) % CALLS] for more in range(times)], limit)

    scores = [api.TrackScore(track_id=track_id(n), score=n % 97) for n in range(500)]
    late = api.MATCH_LEVEL_LATE_INTERACTION
    return {
        "songs": Kind(asked, of_songs),
        "songs, by a stored track": Kind(
            lambda n: search.SearchSimilarTracks(
                api.SearchSimilarTracksRequest(
                    seed=api.Seed(track_id=track_id(int(picks[n][0]))), page_size=PAGE
                ),
                timeout=60,
                metadata=owner,
            ),
            of_songs,
        ),
        "songs by their best passage": Kind(
            lambda n: asked(n, match_level=api.MATCH_LEVEL_PASSAGE),
            lambda n: of_passages(n, 4 * PAGE),
        ),
        "passages (SearchSegments, 3 each)": Kind(
            lambda n: search.SearchSegments(
                api.SearchSegmentsRequest(seed=vector(n), page_size=PAGE, passages_per_track=3),
                timeout=60,
                metadata=owner,
            ),
            lambda n: of_passages(n, 4 * PAGE * 3),
        ),
        "late interaction": Kind(
            lambda n: search.SearchSimilarTracks(
                api.SearchSimilarTracksRequest(
                    seed=api.Seed(track_id=track_id(int(picks[n][0]))),
                    page_size=PAGE,
                    match_level=late,
                ),
                timeout=60,
                metadata=owner,
            ),
            lambda n: of_passages(n, 4 * PAGE, SEED_PASSAGES),
        ),
        "20 + 20 seeds, average": Kind(
            lambda n: asked(n, seeds=seeds(n), seed_strategy=api.SEED_STRATEGY_AVERAGE), of_seeds
        ),
        "20 + 20 seeds, best score": Kind(
            lambda n: asked(n, seeds=seeds(n), seed_strategy=api.SEED_STRATEGY_BEST_SCORE),
            lambda n: of_songs(n, 2 * PAGE, 20),
        ),
        "diversity 0.5": Kind(
            lambda n: asked(n, variety=api.Variety(diversity=0.5)),
            lambda n: of_songs(n, 100, vectors=True),
        ),
        "caps of 1 per artist and album": Kind(
            lambda n: asked(n, variety=api.Variety(most_per_artist=1, most_per_album=1)), of_songs
        ),
        "hybrid, scores of 500 tracks": Kind(
            lambda n: asked(n, mix=api.HybridMix(scores=scores)),
            lambda n: of_songs(n, CANDIDATES, 2),
        ),
        f"playlist of {PLAYLIST_TRACKS} tracks": Kind(
            lambda n: playlist.BuildPlaylist(
                playlists.BuildPlaylistRequest(
                    seeds=[api.WeightedSeed(seed=vector(n))], tracks=PLAYLIST_TRACKS
                ),
                timeout=60,
                metadata=owner,
            ),
            of_songs,
            float(PLAYLIST_SEARCHES),
        ),
    }


def _long(
    channel: grpc.Channel, owner: Metadata, tracks: int
) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Searches that take long, one of which runs while others read."""
    search = stubs.SimilarityServiceStub(channel)
    rng = np.random.default_rng(6)

    def seed(number: int) -> api.Seed:
        return api.Seed(track_id=track_id(number * 991 % tracks))

    def late(number: int) -> Any:
        return search.SearchSimilarTracks(
            api.SearchSimilarTracksRequest(
                seed=seed(number),
                page_size=100,
                match_level=api.MATCH_LEVEL_LATE_INTERACTION,
            ),
            timeout=60,
            metadata=owner,
        )

    def batch(number: int) -> Any:
        requests = [
            api.SearchSimilarTracksRequest(seed=seed(100 * number + place), page_size=PAGE)
            for place in range(100)
        ]
        return search.BatchSearchSimilarTracks(
            api.BatchSearchSimilarTracksRequest(requests=requests), timeout=60, metadata=owner
        )

    def best(_: int) -> Any:
        chosen = rng.choice(tracks, size=40, replace=False)
        return search.SearchSimilarTracks(
            api.SearchSimilarTracksRequest(
                seeds=[
                    api.WeightedSeed(seed=api.Seed(track_id=track_id(int(one))), weight=weight)
                    for one, weight in zip(chosen, [1.0] * 20 + [-1.0] * 20, strict=True)
                ],
                page_size=100,
                seed_strategy=api.SEED_STRATEGY_BEST_SCORE,
            ),
            timeout=60,
            metadata=owner,
        )

    yield "late interaction, 100 tracks", late
    yield "a batch of 100 searches", batch
    yield "20 + 20 seeds, best score, 100 tracks", best


def _beside(long: Call, short: Call) -> list[float]:
    """Milliseconds of short calls, while long ones follow one another."""
    done = threading.Event()
    begun = threading.Event()

    def search() -> None:
        number = 0
        while not done.is_set():
            begun.set()
            long(number)
            number += 1

    times: list[float] = []
    with ThreadPoolExecutor(1) as beside:
        searching = beside.submit(search)
        begun.wait()
        try:
            for number in range(BESIDE):
                started = time.perf_counter()
                short(number)
                times.append(1000 * (time.perf_counter() - started))
        finally:
            done.set()
        searching.result()
    return times


def _word_search(channel: grpc.Channel, owner: Metadata, tracks: int) -> Kind:
    """A search by words, and the reading of one track that it is held against."""
    search = stubs.SimilarityServiceStub(channel)
    catalogue = catalogue_stubs.CatalogServiceStub(channel)
    words = ("art 42", "title 99", "alb", "artist album title", "titl 7 art", "nothing like it")
    return Kind(
        lambda n: search.SearchTracks(
            api.SearchTracksRequest(query=words[n % len(words)], page_size=PAGE),
            timeout=60,
            metadata=owner,
        ),
        lambda n: catalogue.GetTrack(
            catalog_service_pb2.GetTrackRequest(track_id=track_id(n * 997 % tracks)),
            timeout=60,
            metadata=owner,
        ),
    )


def _words(found: Sequence[float], read: Sequence[float]) -> list[Row]:
    times = f"{_at(found, 50):.1f} / {_at(found, 99):.1f} ms"
    one = f"{_at(read, 50):.1f} / {_at(read, 99):.1f} ms"
    ratio = _at(found, 99) / _at(read, 99)
    return [
        Row("deep", "by words: p50 / p99, reading one track", f"{times}, {one}"),
        at_most("deep", "by words: p99 ÷ that of reading one track", ratio, WORDS_LIMIT),
    ]


def _ask(
    shard: edge.EdgeShard,
    queries: Sequence[np.ndarray],
    limit: int,
    vectors: bool = False,
    without: Sequence[UUID] = (),
) -> None:
    params = edge.SearchParams(hnsw_ef=DEFAULT_GRAPH.search_ef)
    where = edge.Filter(must_not=[edge.HasIdCondition(set(without))]) if without else None
    for query in queries:
        shard.query(
            edge.QueryRequest(
                limit=limit,
                query=edge.Query.Nearest(query.tolist(), using=AUDIO),
                filter=where,
                params=params,
                with_payload=True,
                with_vector=vectors,
            )
        )


def _in_turns(kind: Kind) -> tuple[list[float], list[float]]:
    """Milliseconds of each call of ours, and of the engine."""
    kind.request(0)
    kind.engine(0)
    ours: list[float] = []
    engine: list[float] = []
    for number in range(CALLS):
        for call, times in ((kind.request, ours), (kind.engine, engine)):
            started = time.perf_counter()
            call(number)
            times.append(1000 * (time.perf_counter() - started))
    return ours, engine


def _at(times: Sequence[float], percent: float) -> float:
    return float(np.percentile(times, percent))
