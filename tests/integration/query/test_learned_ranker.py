"""A ranker from what listeners did to the order of a search, through Redis and gRPC."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from openmp import skip_without_openmp
from query_service import CARD, DIMENSION, TOKEN, BandEmbedder, JobStoreInMemory
from segue.cli import main
from segue.index.exact import ExactIndex
from segue.index.port import TrackIndex
from segue.jobs.factor_store import FactorStore
from segue.jobs.ranker_store import RankerStore
from segue.query.access import Access
from segue.query.learned import Learned
from segue.query.server import QueryServer
from segue.ranker_training.simulation import Simulated, World, simulate
from segue.ranking.factors_source import FactorsSource
from segue.ranking.ranker_source import RankerSource
from segue.settings import AdmissionSettings, FactorSettings, QuerySettings, QueueSettings
from segue.tracks import EmbeddedTrack, Segment, Track, TrackMetadata
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import status_service_pb2, track_pb2
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from segue.v1.status_service_pb2_grpc import StatusServiceStub

skip_without_openmp()

WORLD = World(
    tracks=400,
    artists=50,
    clusters=8,
    scenes=8,
    dimension=DIMENSION,
    listeners=150,
    before=20,
    after=12,
)


@dataclass
class Stack:
    address: str
    similarity: Any
    status: Any
    factors: FactorsSource
    ranker: RankerSource
    redis_url: str
    plays: Path

    async def run(self, *words: str) -> dict[str, Any]:
        environment = {"SEGUE_REDIS_URL": self.redis_url, "SEGUE_TOKEN": TOKEN}
        asked = [*words, "--json"]
        done = await asyncio.to_thread(CliRunner().invoke, main, asked, env=environment)
        assert done.exit_code == 0, done.output
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    async def search(self, user: str, seed: str) -> messages.SearchSimilarTracksResponse:
        request = messages.SearchSimilarTracksRequest(
            seed=messages.Seed(track_id=seed),
            mix=messages.HybridMix(user_id=user),
            page_size=20,
            view=track_pb2.TRACK_VIEW_FULL,
        )
        answer: messages.SearchSimilarTracksResponse = await self.similarity.SearchSimilarTracks(
            request, timeout=30
        )
        return answer

    async def info(self) -> status_service_pb2.GetServerInfoResponse:
        asked = status_service_pb2.GetServerInfoRequest()
        answer: status_service_pb2.GetServerInfoResponse = await self.status.GetServerInfo(
            asked, timeout=30
        )
        return answer


def stored(drawn: Simulated, row: int) -> EmbeddedTrack:
    known = drawn.catalogue
    metadata = TrackMetadata(artist=known.names[row][0], year=int(known.years[row]))
    vector = known.vectors[row]
    return EmbeddedTrack(
        Track(known.track_ids[row], metadata),
        CARD.space,
        vector,
        segments=[Segment(0, 0.0, 10.0, vector)],
    )


@pytest.fixture
async def stack(redis_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    drawn = simulate(WORLD, cold_share=0.2, seed=6)
    plays = tmp_path / "plays.csv"
    lines = ["user_id,track_id,kind,occurred_at"]
    for listening, moment in ((drawn.before, 1_700_000_000), (drawn.after, 1_760_000_000)):
        users, tracks = (one.tolist() for one in listening.weights.nonzero())
        lines += [
            f"{listening.user_ids[user]},{listening.track_ids[track]},play,{moment + number}"
            for number, (user, track) in enumerate(zip(users, tracks, strict=True))
        ]
    plays.write_text("\n".join(lines) + "\n")
    index = ExactIndex(space=CARD.space, dimension=DIMENSION)
    await index.upsert([stored(drawn, row) for row in range(WORLD.tracks)])

    async def opened(card: object, catalogue: str) -> TrackIndex:
        return index

    queue = QueueSettings(redis_url=redis_url)
    factor_store, ranker_store = FactorStore(queue, FactorSettings()), RankerStore(queue)
    factors = FactorsSource(factor_store, poll_seconds=60)
    ranker = RankerSource(ranker_store, poll_seconds=60)
    server = QueryServer(
        QuerySettings(listen="127.0.0.1:0", shutdown_grace_seconds=0.5),
        embedder=BandEmbedder(),
        open_index=opened,
        job_store=JobStoreInMemory(),
        spool=tmp_path / "spool",
        largest_upload_bytes=1_000_000,
        access=Access(TOKEN, open_to_everybody=True),
        admission=AdmissionSettings(),
        learned={"": Learned(factors, popularity=factors, rankers=ranker)},
    )
    address = f"127.0.0.1:{await server.start()}"
    async with grpc.aio.insecure_channel(address) as channel:
        yield Stack(
            address,
            SimilarityServiceStub(channel),  # type: ignore[no-untyped-call]
            StatusServiceStub(channel),  # type: ignore[no-untyped-call]
            factors,
            ranker,
            redis_url,
            plays,
        )
    await server.stop()
    for one in (ranker, factor_store, ranker_store):
        await one.close()


async def test_a_trained_ranker_orders_searches_until_its_factors_are_gone(stack: Stack) -> None:
    learn = ("cf", "train", str(stack.plays), "--factors", "8", "--address", stack.address)
    await stack.run(*learn)
    await stack.factors.look()
    before = await stack.search("listener-00003", "track-000007")
    assert (before.explanation.ranker, before.explanation.fallback) == ("weighted_sum", "")
    assert (await stack.info()).ranker_version == ""

    done = await stack.run(
        *("rank", "train", str(stack.plays), "--after", "0.375", "--address", stack.address)
    )
    assert done["ranker"]["space"] == CARD.space
    await stack.ranker.look()
    found = await stack.search("listener-00003", "track-000007")
    assert (found.explanation.ranker, found.explanation.fallback) == ("learned", "")
    assert len(found.results) == 20
    scores = [one.score for one in found.results]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == pytest.approx(1.0)
    info = await stack.info()
    assert info.ranker_version == done["ranker"]["version"]
    assert {"collaborative", "learned_ranker"} <= {*info.features}

    for _ in range(2):
        await stack.run(*learn)
    await stack.factors.look()
    await stack.ranker.look()
    fused = await stack.search("listener-00003", "track-000007")
    assert fused.explanation.ranker == "weighted_sum"
    assert "are gone: scores were fused" in fused.explanation.fallback
    assert "learned_ranker" not in (await stack.info()).features
