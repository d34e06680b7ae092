"""The reference CollaborativeScoreService: serves a scores file."""

from __future__ import annotations

import logging
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from segue.ranking.scores_file import ScoresFile
from segue.settings import InvalidSetting
from segue.v1 import collaborative_score_service_pb2 as messages
from segue.v1.collaborative_score_service_pb2_grpc import (
    CollaborativeScoreServiceServicer,
    add_CollaborativeScoreServiceServicer_to_server,
)

log = logging.getLogger(__name__)

SERVICE = "segue.v1.CollaborativeScoreService"


class ScoresServicer(CollaborativeScoreServiceServicer):
    """Answers from a scores file."""

    def __init__(self, scores: ScoresFile) -> None:
        self._scores = scores

    async def ScoreTracks(  # noqa: N802  # named by the proto
        self, request: messages.ScoreTracksRequest, context: Any
    ) -> messages.ScoreTracksResponse:
        """Score the candidates, and add the listener's best other tracks."""
        del context
        answer = self._scores.answer(
            request.user_id,
            seeds=request.seed_track_ids,
            candidates=request.candidate_track_ids,
            suggestion_limit=request.suggestion_limit,
        )
        return messages.ScoreTracksResponse(
            scores=[
                messages.CollaborativeScore(track_id=track_id, score=score)
                for track_id, score in answer.items()
            ]
        )


class ScoresServer:
    """A gRPC server with health and reflection over a scores file."""

    def __init__(self, scores: ScoresFile, listen: str) -> None:
        self._listen = listen
        self._server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        self._health = health.aio.HealthServicer()
        add_CollaborativeScoreServiceServicer_to_server(  # type: ignore[no-untyped-call]
            ScoresServicer(scores), self._server
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> int:
        """Listen; the port that is really listened on.

        Raises
        ------
        InvalidSetting
            When the address cannot be listened on.
        """
        await self._health.set(SERVICE, health_pb2.HealthCheckResponse.SERVING)
        try:
            port = self._server.add_insecure_port(self._listen)
        except RuntimeError as exc:
            raise InvalidSetting(f"--listen {self._listen}: {exc}") from exc
        await self._server.start()
        log.info("listening on port %d", port)
        return int(port)

    async def stop(self, grace_seconds: float = 1.0) -> None:
        """End running calls within the grace, and close."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_seconds)
