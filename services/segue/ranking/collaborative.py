"""Sources of collaborative scores: what listeners like, asked for while a search runs.

``SEGUE_COLLABORATIVE_URL=factors:`` serves the factors that ``segue cf train`` published; see
:mod:`segue.ranking.factors_source`. A recommender of your own takes part in one of three ways:

``grpc://host:port``, ``grpcs://host:port``
    It implements ``segue.v1.CollaborativeScoreService``, in any language; the second is over TLS.
``entrypoint:NAME``
    It is a Python package with an entry point ``NAME`` in the group ``segue.collaborative`` that
    names a callable without arguments, such as a class, which gives a :class:`CollaborativeSource`.
``scores:///path.csv``
    Its scores are in a file; see :mod:`segue.ranking.scores_file`.
"""

from __future__ import annotations

import asyncio
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import grpc

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import CollaborativeUnavailable
from segue.exposure import is_loopback
from segue.owner_token import token_metadata
from segue.ranking.scores_file import ScoresFile
from segue.ranking.trust import trusted_certificates
from segue.settings import InvalidSetting
from segue.tracks import TrackFilter
from segue.v1 import collaborative_score_service_pb2 as messages
from segue.v1.collaborative_score_service_pb2_grpc import CollaborativeScoreServiceStub
from segue.wire.filters import filter_to_message

log = logging.getLogger(__name__)

ENTRY_POINT_GROUP = "segue.collaborative"

_CHANNEL_OPTIONS = (
    # A recommender that comes back is used again within a second, not after minutes of backoff.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)

_NO_ANSWERS = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        # Of the token: no search gets scores either.
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
    }
)


@dataclass(frozen=True, slots=True)
class ScoreQuery:
    """What a search asks of a recommender.

    Attributes
    ----------
    user_id
        Listener; may be empty, then scores depend on the seeds alone.
    seed_track_ids
        Tracks that the search starts from; empty when it starts from audio or a vector. Those of
        seeds against are not among them.
    candidate_track_ids
        Tracks that the acoustic side found, best first.
    suggestion_limit
        How many tracks that are not among the candidates may be added.
    where
        What answers must satisfy: suggestions that do not are dropped.
    caller_metadata
        Metadata of the caller's call whose names begin with ``x-segue-``.
    catalogue
        That is searched, with ids of its own; empty: the default one.
    """

    user_id: str
    seed_track_ids: Sequence[str]
    candidate_track_ids: Sequence[str]
    suggestion_limit: int
    where: TrackFilter = TrackFilter()
    caller_metadata: Mapping[str, str] = field(default_factory=dict)
    catalogue: str = DEFAULT_CATALOGUE


class CollaborativeSource(Protocol):
    """A recommender. It runs on the event loop: anything that blocks belongs in a thread."""

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        """Score by track id: finite, higher is better, any scale, the same within one answer.

        Tracks without an entry have no score; entries for other tracks than the candidates are
        suggestions.
        Whatever is raised counts as "unavailable", and the search serves its acoustic order.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class CheckedSource(ABC):
    """A source that can be asked how it is."""

    @abstractmethod
    async def check(self, *, timeout_seconds: float) -> bool:
        """Whether it has anything to go by.

        Raises
        ------
        CollaborativeUnavailable
            When it does not answer.
        """


async def ask(
    source: CollaborativeSource, query: ScoreQuery, *, timeout_seconds: float
) -> dict[str, float]:
    """Scores of a source, checked: finite numbers, and no more suggestions than were asked for.

    Raises
    ------
    CollaborativeUnavailable
        When the source fails in any way, is late, or answers with something other than scores.
    """
    if timeout_seconds <= 0:
        raise CollaborativeUnavailable("no time was left to ask the collaborative source")
    try:
        async with asyncio.timeout(timeout_seconds):
            answer = await source.scores(query, timeout_seconds=timeout_seconds)
    except CollaborativeUnavailable:
        raise
    except TimeoutError as exc:
        raise CollaborativeUnavailable(
            f"the collaborative source did not answer within {timeout_seconds * 1000:.0f} ms"
        ) from exc
    except Exception as exc:
        # The hook is foreign code: none of its faults may cost the caller the acoustic answer.
        raise CollaborativeUnavailable(
            f"the collaborative source failed: {type(exc).__name__}: {exc}"
        ) from exc
    return _checked(answer, query)


async def check(source: CollaborativeSource, *, timeout_seconds: float) -> bool:
    """Ask whether a source has anything to go by. One of others in this process has.

    Raises
    ------
    CollaborativeUnavailable
        When it does not.
    """
    if isinstance(source, CheckedSource):
        return await source.check(timeout_seconds=timeout_seconds)
    return True


def open_source(url: str, *, ca_file: str = "", token: str = "") -> CollaborativeSource | None:
    """Open the source outside of Segue that ``url`` names; None for an empty one.

    Parameters
    ----------
    ca_file
        Certificates that a ``grpcs://`` server's is trusted by; empty: those of the system.
    token
        Sent to a ``grpc://`` or ``grpcs://`` server with every call; empty: none.

    Raises
    ------
    InvalidSetting
        When the URL names nothing that can be opened, or the certificates cannot be read.
    """
    scheme, _, rest = url.partition(":")
    if not url:
        return None
    if scheme in ("grpc", "grpcs"):
        address = urlsplit(url).netloc
        if not address:
            raise InvalidSetting(f"SEGUE_COLLABORATIVE_URL = {url!r} names no host:port")
        if scheme == "grpcs":
            return RemoteSource(address, trusted=trusted_certificates(ca_file), token=token)
        if token and not is_loopback(address.rpartition(":")[0]):
            log.info(
                "the token of the collaborative source goes to %s unencrypted; grpcs:// asks for "
                "TLS",
                address,
            )
        return RemoteSource(address, token=token)
    if scheme == "entrypoint":
        return _from_entry_point(rest)
    if scheme == "scores":
        return ScoresSource(ScoresFile.read(Path(unquote(urlsplit(url).path))))
    raise InvalidSetting(f"SEGUE_COLLABORATIVE_URL has scheme {scheme!r}")


class RemoteSource(CheckedSource):
    """A CollaborativeScoreService at an address.

    Parameters
    ----------
    trusted
        Certificates, as PEM, that the server's is trusted by; None: it is asked without TLS.
    token
        Shown with every call; empty: none is.
    """

    def __init__(self, address: str, *, trusted: bytes | None = None, token: str = "") -> None:
        if trusted is None:
            self._channel = grpc.aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(
                address, grpc.ssl_channel_credentials(trusted), options=_CHANNEL_OPTIONS
            )
        self._metadata = token_metadata(token)
        self._stub = CollaborativeScoreServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._address = address

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        request = messages.ScoreTracksRequest(
            user_id=query.user_id,
            seed_track_ids=query.seed_track_ids,
            candidate_track_ids=query.candidate_track_ids,
            suggestion_limit=query.suggestion_limit,
            caller_metadata=query.caller_metadata,
            catalogue=query.catalogue,
        )
        asked = replace(query.where, only_track_ids=None)  # which the API has no place for
        if asked:
            request.filter.CopyFrom(filter_to_message(asked))
        try:
            response = await self._stub.ScoreTracks(
                request, timeout=timeout_seconds, metadata=self._metadata
            )
        except grpc.aio.AioRpcError as exc:
            raise CollaborativeUnavailable(
                f"the collaborative source at {self._address} answered {exc.code().name}"
            ) from exc
        return {entry.track_id: entry.score for entry in response.scores}

    async def check(self, *, timeout_seconds: float) -> bool:
        """Ask for no scores at all. A refusal counts as an answer too, but for that of the token.

        Raises
        ------
        CollaborativeUnavailable
            When nothing answers, or something else than a CollaborativeScoreService does.
        """
        try:
            await self._stub.ScoreTracks(
                messages.ScoreTracksRequest(), timeout=timeout_seconds, metadata=self._metadata
            )
        except grpc.aio.AioRpcError as exc:
            if exc.code() in _NO_ANSWERS:
                raise CollaborativeUnavailable(
                    f"the collaborative source at {self._address} answered {exc.code().name}"
                ) from exc
        return True

    async def close(self) -> None:
        await self._channel.close()


class ScoresSource:
    """Scores from a file, held in memory."""

    def __init__(self, scores: ScoresFile) -> None:
        self._scores = scores

    async def scores(self, query: ScoreQuery, *, timeout_seconds: float) -> Mapping[str, float]:
        del timeout_seconds
        return self._scores.answer(
            query.user_id,
            seeds=query.seed_track_ids,
            candidates=query.candidate_track_ids,
            suggestion_limit=query.suggestion_limit,
        )

    async def close(self) -> None:
        """Nothing is held open."""


def _from_entry_point(name: str) -> CollaborativeSource:
    found = entry_points(group=ENTRY_POINT_GROUP)
    if name not in found.names:
        known = ", ".join(sorted(found.names)) or "none"
        raise InvalidSetting(
            f"no entry point {name!r} in the group {ENTRY_POINT_GROUP!r} (installed: {known})"
        )
    try:
        source: CollaborativeSource = found[name].load()()
    except Exception as exc:
        raise InvalidSetting(f"the entry point {name!r} cannot be loaded: {exc}") from exc
    return source


def _checked(answer: Mapping[str, float], query: ScoreQuery) -> dict[str, float]:
    try:
        scores = {str(track): float(score) for track, score in answer.items()}
    except (AttributeError, TypeError, ValueError) as exc:
        raise CollaborativeUnavailable("the collaborative source gave no scores") from exc
    for track, score in scores.items():
        if not math.isfinite(score):
            raise CollaborativeUnavailable(
                f"the collaborative source gave {score} for track {track!r}: not a finite score"
            )
    candidates = set(query.candidate_track_ids)
    suggested = sorted(scores.keys() - candidates, key=lambda track: (-scores[track], track))
    for track in suggested[query.suggestion_limit :]:
        del scores[track]
    return scores
