"""One cheap client against a stack, in a process of its own.

Run as ``python -m tests.bench.attack ADDRESS KIND SECONDS``; says when it is ready, and prints as
JSON how its calls ended. Only addresses of this machine are attacked, for a limited time.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import ipaddress
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import av
import grpc
import numpy as np
from tests.bench.catalogue import track_id

from segue.limits import LARGEST_CLIP_BYTES, LARGEST_LIST_PAGE, MOST_INGEST_ITEMS
from segue.v1 import catalog_service_pb2 as catalog
from segue.v1 import similarity_service_pb2 as similarity
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from segue.wire.errors import refusal_from_call

LONG_SECONDS = 900
LONG_RATE_HZ = 48_000
CALLERS = 6
PATIENCE_SECONDS = 30.0

Once = Callable[[], Awaitable[object]]


class Attacker:
    """Calls again and again until its time is over, and counts how the calls ended."""

    def __init__(self, address: str, seconds: float) -> None:
        if not ipaddress.ip_address(address.rpartition(":")[0].strip("[]")).is_loopback:
            raise SystemExit(f"{address} is not of this machine")
        self.address = address
        self.ends = time.monotonic() + seconds
        self.endings: Counter[str] = Counter()
        self.channels: list[grpc.aio.Channel] = []

    def connect(self) -> grpc.aio.Channel:
        """A connection of its own."""
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
        self.channels.append(grpc.aio.insecure_channel(self.address, options=options))
        return self.channels[-1]

    async def again(self, once: Once) -> None:
        """One caller."""
        while time.monotonic() < self.ends:
            try:
                await once()
                self.endings["OK"] += 1
            except grpc.aio.AioRpcError as error:
                refusal = refusal_from_call(_Ended(error))
                self.endings[refusal.reason if refusal else error.code().name] += 1

    async def held(self, calls: list[grpc.aio.Call]) -> None:
        """Keep calls open until the time is over."""
        await asyncio.sleep(max(0.0, self.ends - time.monotonic()))
        for call in calls:
            if not call.done():
                self.endings["held open"] += 1
                call.cancel()
            else:
                self.endings[(await call.code()).name] += 1


class _Ended(grpc.RpcError):
    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code, self.details = error.code, error.details
        self.trailing_metadata = lambda: tuple(error.trailing_metadata())


async def forged_tokens(attacker: Attacker) -> None:
    """Tokens of the deepest page, by sixteen callers."""
    token = base64.urlsafe_b64encode(bytes(16) + b"9900").decode()
    request = similarity.SearchSimilarTracksRequest(
        seed={"track_id": track_id(1)}, page_size=100, page_token=token
    )
    search = SimilarityServiceStub(attacker.connect()).SearchSimilarTracks
    once = functools.partial(search, request, timeout=PATIENCE_SECONDS)
    await asyncio.gather(*(attacker.again(once) for _ in range(16)))


async def deep_pages(attacker: Attacker) -> None:
    """Every page of searches, by its own tokens, by sixteen callers."""
    search = SimilarityServiceStub(attacker.connect()).SearchSimilarTracks

    async def caller(number: int) -> None:
        request = similarity.SearchSimilarTracksRequest(
            seed={"track_id": track_id(number)}, page_size=100
        )

        async def page() -> None:
            answer = await search(request, timeout=PATIENCE_SECONDS)
            request.page_token = answer.next_page_token

        await attacker.again(page)

    await asyncio.gather(*(caller(number) for number in range(16)))


async def large_lists(attacker: Attacker) -> None:
    """The largest pages of the catalogue, by sixteen callers."""
    request = catalog.ListTracksRequest(page_size=LARGEST_LIST_PAGE)
    once = functools.partial(
        CatalogServiceStub(attacker.connect()).ListTracks, request, timeout=PATIENCE_SECONDS
    )
    await asyncio.gather(*(attacker.again(once) for _ in range(16)))


async def long_clips(attacker: Attacker) -> None:
    """Clips of a megabyte and of hundreds of millions of samples, whose header does not say so."""
    flac = bytearray(silent_flac())
    flac[21] &= 0xF0
    flac[22:26] = bytes(4)  # STREAMINFO: the number of samples is not known
    request = similarity.SearchSimilarTracksRequest(
        seed={"clip": {"audio": bytes(flac), "start_seconds": LONG_SECONDS - 10}}
    )
    await _clips(attacker, request, CALLERS)


async def large_clips(attacker: Attacker) -> None:
    """Forty of the largest clips at the same time."""
    audio = np.random.default_rng(1).bytes(LARGEST_CLIP_BYTES)
    await _clips(
        attacker, similarity.SearchSimilarTracksRequest(seed={"clip": {"audio": audio}}), 40
    )


async def _clips(
    attacker: Attacker, request: similarity.SearchSimilarTracksRequest, callers: int
) -> None:
    raw = request.SerializeToString()
    method = "/segue.v1.SimilarityService/SearchSimilarTracks"

    async def caller() -> None:
        search = attacker.connect().unary_unary(method)
        await attacker.again(functools.partial(search, raw, timeout=PATIENCE_SECONDS))

    await asyncio.gather(*(caller() for _ in range(callers)))


async def half_open_uploads(attacker: Attacker) -> None:
    """980 uploads that never go on, over a hundred connections."""
    channels = [attacker.connect() for _ in range(98)]
    calls = []
    for channel in channels:
        for _ in range(10):
            call = CatalogServiceStub(channel).UploadTrack()
            calls.append(call)
            try:
                await call.write(
                    catalog.UploadTrackRequest(header=catalog.UploadHeader(file_name="a.mp3"))
                )
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                continue  # refused already
    await attacker.held(calls)


async def many_watches(attacker: Attacker) -> None:
    """990 watches of a job."""
    job = await CatalogServiceStub(attacker.connect()).IngestTracks(
        catalog.IngestTracksRequest(items=_items(100, "watched"))
    )
    request = catalog.WatchIngestRequest(job_id=job.job_id)
    calls = [
        CatalogServiceStub(channel).WatchIngest(request)
        for channel in [attacker.connect() for _ in range(99)]
        for _ in range(10)
    ]
    await attacker.held(calls)


async def ingest_flood(attacker: Attacker) -> None:
    """Jobs of as many tracks as a call may name, which nobody finds, by four callers."""
    stub = CatalogServiceStub(attacker.connect())

    async def caller(number: int) -> None:
        requests = iter(range(10))

        async def submit() -> None:
            # Twenty thousand tracks from each caller, and no more: they stay in the queue.
            if next(requests, 9) < 2:
                request = catalog.IngestTracksRequest(items=_items(MOST_INGEST_ITEMS, f"{number}"))
                job = await stub.IngestTracks(request, timeout=PATIENCE_SECONDS)
                jobs.append(job.job_id)
            elif jobs:
                await stub.GetIngestJob(
                    catalog.GetIngestJobRequest(job_id=jobs[-1], include_items=True),
                    timeout=PATIENCE_SECONDS,
                )

        jobs: list[str] = []
        await attacker.again(submit)

    await asyncio.gather(*(caller(number) for number in range(4)))


def _items(count: int, name: str) -> list[catalog.IngestItem]:
    return [catalog.IngestItem(uri=f"file:///absent/{name}/{n}.mp3") for n in range(count)]


@functools.cache
def silent_flac() -> bytes:
    """A FLAC of ``LONG_SECONDS`` with eight channels of silence."""
    packed = io.BytesIO()
    silence = np.zeros((1, 8 * LONG_RATE_HZ), np.int16)
    with av.open(packed, "w", format="flac") as muxer:
        stream = muxer.add_stream("flac", rate=LONG_RATE_HZ, layout="7.1")
        stream.options = {"compression_level": "0"}
        for _ in range(LONG_SECONDS):
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="7.1")
            frame.sample_rate = LONG_RATE_HZ
            muxer.mux(stream.encode(frame))
        muxer.mux(stream.encode(None))
    return packed.getvalue()


KINDS: dict[str, Callable[[Attacker], Awaitable[None]]] = {
    "forged page tokens": forged_tokens,
    "deep pages": deep_pages,
    "large lists": large_lists,
    "long clips": long_clips,
    "large clips": large_clips,
    "half-open uploads": half_open_uploads,
    "watches": many_watches,
    "ingest flood": ingest_flood,
}


async def run(address: str, kind: str, seconds: float) -> dict[str, int]:
    """Attack for some seconds; how the calls ended."""
    if KINDS[kind] is long_clips:
        silent_flac()  # it takes longer to make than an attack lasts
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    attacker = Attacker(address, seconds)
    try:
        await KINDS[kind](attacker)
    finally:
        for channel in attacker.channels:
            await channel.close()
    return dict(attacker.endings)


if __name__ == "__main__":
    address, kind, seconds = sys.argv[1:]
    sys.stdout.write(json.dumps(asyncio.run(run(address, kind, float(seconds)))))
