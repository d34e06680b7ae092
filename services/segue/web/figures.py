"""How fast a stack is lately, from the metrics pages of its services.

What they count goes up for ever: two readings some time apart say how fast.
"""

from __future__ import annotations

import asyncio
import math
import socket
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

WINDOW_SECONDS = 300.0
"""Readings this far apart, or as far as there are any, are compared."""

PAGE_SECONDS = 2.0
LARGEST_PAGE_BYTES = 8 * 1024 * 1024
PERCENTILES = (50, 95, 99)

LASTING = frozenset({"WatchIngest", "UploadTrack", "ReadAudio", "ReadCover", "ExportTracks"})
"""Calls that last as long as their callers listen or send: their time says nothing."""

_BUCKET, _ENDED = "segue_rpc_seconds_bucket", "segue_ingest_total"

Sample = tuple[str, str, str]
"""Name, then the method and bound of a call's bucket, or the outcome of an ingest and nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What all pages said at one time.

    Attributes
    ----------
    at
        Seconds of a clock that only goes forward.
    values
        Sums over all pages.
    pages
        Whether each page answered, by its URL.
    """

    at: float
    values: Mapping[Sample, float]
    pages: Mapping[str, bool]


class Figures:
    """Readings of the last minutes, and what follows from them."""

    def __init__(self, urls: Iterable[str], clock: Callable[[], float]) -> None:
        self._urls = tuple(urls)
        self._clock = clock
        self._readings: deque[Reading] = deque()

    async def read(self) -> dict[str, Any] | None:
        """Figures as of now; None where no page is known or none answers."""
        texts = await asyncio.gather(*map(read_pages, self._urls))
        pages = {url: bool(found) for url, found in zip(self._urls, texts, strict=True)}
        if not any(pages.values()):
            return None
        values = await asyncio.to_thread(summed, [text for found in texts for text in found])
        now = Reading(self._clock(), values, pages)
        while self._readings and now.at - self._readings[0].at > WINDOW_SECONDS:
            self._readings.popleft()
        before = self._readings[0] if self._readings else None
        self._readings.append(now)
        return figures_between(before, now)


def figures_between(before: Reading | None, now: Reading) -> dict[str, Any]:
    """What happened between two readings; without an earlier one, since the services started.

    Rates are missing (None) then: nothing says how long that is.
    """
    grown = _growth(before.values if before else {}, now.values)
    seconds = now.at - before.at if before else 0.0

    def rate(count: float, per_seconds: float = 1.0) -> float | None:
        return count * per_seconds / seconds if seconds > 0 else None

    latency: list[dict[str, Any]] = []
    for method, buckets in sorted(_buckets(grown).items()):
        calls = buckets.get(math.inf, 0.0)
        if calls and method not in LASTING:
            shares = {f"p{p}_seconds": percentile(buckets, p / 100) for p in PERCENTILES}
            latency.append(
                {"method": method, "calls": calls, "calls_per_second": rate(calls), **shares}
            )
    ended = {outcome: count for (name, outcome, _), count in grown.items() if name == _ENDED}
    return {
        "window_seconds": seconds or None,
        "calls_per_second": rate(sum(one["calls"] for one in latency)),
        "latency": latency,
        "tracks_per_minute": rate(ended.get("indexed", 0.0), 60.0),
        "failed_per_minute": rate(ended.get("dead", 0.0), 60.0),
        "metrics": [{"url": url, "answers": answers} for url, answers in now.pages.items()],
    }


def percentile(buckets: Mapping[float, float], share: float) -> float | None:
    """Time within which a share of calls was answered, as Prometheus reckons it; None: not known.

    Parameters
    ----------
    buckets
        Calls by the most seconds that they took; each bucket holds those of the smaller ones.

    Notes
    -----
    Within a bucket, calls are taken for evenly spread. Beyond the last bound nothing is known but
    that bound.
    """
    total = buckets.get(math.inf, 0.0)
    if total <= 0:
        return None
    wanted, below, low = share * total, 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= wanted:
            if math.isinf(bound):
                return low
            within = count - below
            return low + (bound - low) * ((wanted - below) / within if within else 1.0)
        below, low = count, bound
    return low


def summed(pages: Iterable[str]) -> dict[Sample, float]:
    """What is counted here, summed over the texts of several pages."""
    sums: dict[Sample, float] = defaultdict(float)
    for text in pages:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == _BUCKET:
                    method = sample.labels["method"].rpartition("/")[2]
                    sums[_BUCKET, method, sample.labels["le"]] += sample.value
                elif sample.name == _ENDED:
                    sums[_ENDED, sample.labels["outcome"], ""] += sample.value
    return dict(sums)


async def read_pages(url: str) -> list[str]:
    """The texts at every address that a URL's host stands for, but for those that do not answer."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        return []
    addresses = {address[4][0] for address in found}
    texts = await asyncio.gather(
        *(_read_page(str(one), port, parts.path or "/", host) for one in sorted(addresses))
    )
    return [text for text in texts if text]


async def _read_page(address: str, port: int, path: str, host: str) -> str:
    request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nAccept: text/plain\r\n\r\n"
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            reader, writer = await asyncio.open_connection(address, port, limit=LARGEST_PAGE_BYTES)
            try:
                writer.write(request.encode())
                head = await reader.readuntil(b"\r\n\r\n")
                if b" 200 " not in head.partition(b"\r\n")[0]:
                    return ""
                body = bytearray()
                while piece := await reader.read(65_536):
                    body += piece
                    if len(body) > LARGEST_PAGE_BYTES:
                        return ""
                return body.decode("utf-8", "replace")
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return ""


def _growth(before: Mapping[Sample, float], now: Mapping[Sample, float]) -> dict[Sample, float]:
    """By how much each sample grew; one that shrank belongs to a service that started anew."""
    grown = {}
    for sample, value in now.items():
        earlier = before.get(sample, 0.0)
        grown[sample] = value - earlier if value >= earlier else value
    return grown


def _buckets(grown: Mapping[Sample, float]) -> dict[str, dict[float, float]]:
    found: dict[str, dict[float, float]] = {}
    for (name, method, bound), count in grown.items():
        if name == _BUCKET:
            found.setdefault(method, {})[float(bound)] = count
    return found
