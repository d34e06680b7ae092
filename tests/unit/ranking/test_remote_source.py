"""A recommender elsewhere: what it is asked, over TLS and with a token."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from segue.errors import CollaborativeUnavailable
from segue.ranking.collaborative import ScoreQuery, ask, check, open_source
from segue.ranking.trust import trusted_certificates
from segue.settings import InvalidSetting, QuerySettings
from segue.tracks import LabelMatch, NumberRange, TrackFilter
from segue.v1 import collaborative_score_service_pb2 as messages
from segue.v1.collaborative_score_service_pb2_grpc import (
    CollaborativeScoreServiceServicer,
    add_CollaborativeScoreServiceServicer_to_server,
)
from segue.wire.filters import filter_from_message
from tls_server import Certified, certified

TOKEN = "a-token-of-the-recommender"
WHERE = TrackFilter(
    genres=LabelMatch(any_of=("jazz",)), year=NumberRange(1960, None), exclude_track_ids=("z",)
)
QUERY = ScoreQuery(
    "ann", ("d",), ("a",), 1, where=WHERE, caller_metadata={"x-segue-shop": "de", "x-segue-é": "ü"}
)


class Recommender(CollaborativeScoreServiceServicer):
    """Notes what it was asked; refuses who does not show the token, where it has one."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.asked: list[messages.ScoreTracksRequest] = []

    async def ScoreTracks(  # noqa: N802
        self, request: messages.ScoreTracksRequest, context: Any
    ) -> messages.ScoreTracksResponse:
        shown = dict(context.invocation_metadata()).get("authorization")
        if shown != (f"Bearer {self.token}" if self.token else None):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        self.asked.append(request)
        return messages.ScoreTracksResponse(
            scores=[messages.CollaborativeScore(track_id="a", score=2.0)]
        )


@asynccontextmanager
async def running(recommender: Recommender, pem: Certified | None = None) -> AsyncIterator[str]:
    """Its address while it runs, over TLS where it is certified."""
    server = grpc.aio.server()
    add_CollaborativeScoreServiceServicer_to_server(recommender, server)  # type: ignore[no-untyped-call]
    if pem is None:
        port = server.add_insecure_port("localhost:0")
    else:
        credentials = grpc.ssl_server_credentials([(pem.key, pem.certificate)])
        port = server.add_secure_port("localhost:0", credentials)
    await server.start()
    try:
        yield f"localhost:{port}"
    finally:
        await server.stop(0)


async def answer_of(url: str, **more: str) -> dict[str, float]:
    source = open_source(url, **more)
    assert source is not None
    try:
        await check(source, timeout_seconds=10)
        return await ask(source, QUERY, timeout_seconds=10)
    finally:
        await source.close()


@pytest.fixture(scope="module")
def pem() -> Certified:
    return certified()


@pytest.fixture
def ca_file(tmp_path: Path, pem: Certified) -> str:
    path = tmp_path / "authority.pem"
    path.write_bytes(b"An authority\n" + pem.authority)
    return str(path)


async def test_it_is_told_filter_and_metadata_of_the_call() -> None:
    recommender = Recommender()
    async with running(recommender) as address:
        assert await answer_of(f"grpc://{address}") == {"a": 2.0}
    bare, asked = recommender.asked
    assert bare == messages.ScoreTracksRequest()
    assert filter_from_message(asked.filter) == WHERE
    assert dict(asked.caller_metadata) == dict(QUERY.caller_metadata)


async def test_no_filter_is_told_as_none() -> None:
    recommender = Recommender()
    async with running(recommender) as address:
        source = open_source(f"grpc://{address}")
        assert source is not None
        for where in (TrackFilter(), TrackFilter(only_track_ids=("a",))):
            await ask(source, ScoreQuery("ann", (), ("a",), 1, where), timeout_seconds=10)
        await source.close()
    assert [asked.HasField("filter") for asked in recommender.asked] == [False, False]


@pytest.mark.parametrize("named_by", ["setting", "system"])
async def test_tls_and_a_token(
    pem: Certified, ca_file: str, monkeypatch: pytest.MonkeyPatch, named_by: str
) -> None:
    more = {"ca_file": ca_file} if named_by == "setting" else {}
    if named_by == "system":
        monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    async with running(Recommender(TOKEN), pem) as address:
        assert await answer_of(f"grpcs://{address}", token=TOKEN, **more) == {"a": 2.0}


async def test_a_server_that_nobody_trusts_is_not_asked(pem: Certified, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(certified().authority)
    recommender = Recommender()
    async with running(recommender, pem) as address:
        with pytest.raises(CollaborativeUnavailable):
            await answer_of(f"grpcs://{address}", ca_file=str(other))
        with pytest.raises(CollaborativeUnavailable):
            await answer_of(f"grpc://{address}")
    assert recommender.asked == []


async def test_a_server_of_another_name_is_not_asked(tmp_path: Path) -> None:
    elsewhere = certified("recommender.example")
    ca_file = tmp_path / "authority.pem"
    ca_file.write_bytes(elsewhere.authority)
    recommender = Recommender()
    async with running(recommender, elsewhere) as address:
        with pytest.raises(CollaborativeUnavailable):
            await answer_of(f"grpcs://{address}", ca_file=str(ca_file))
    assert recommender.asked == []


async def test_a_wrong_token_is_unavailability_and_stands_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(Recommender(TOKEN)) as address:
        with pytest.raises(CollaborativeUnavailable, match="UNAUTHENTICATED") as refused:
            await answer_of(f"grpc://{address}", token="another-token")
    assert "another-token" not in str(refused.value) + caplog.text


async def test_a_token_that_goes_out_unencrypted_is_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    for url in ("grpc://127.0.0.1:1", "grpc://recommender.example:1"):
        source = open_source(url, token=TOKEN)
        assert source is not None
        await source.close()
    (told,) = [record.getMessage() for record in caplog.records if "unencrypted" in record.msg]
    assert "recommender.example:1" in told
    assert TOKEN not in told


def test_certificates_that_are_none_are_refused(tmp_path: Path, ca_file: str) -> None:
    assert trusted_certificates(ca_file) == Path(ca_file).read_bytes()
    (tmp_path / "text").write_text("none")
    damaged = Path(ca_file).read_bytes().replace(b"-----BEGIN CERTIFICATE-----\n", b"\\0!", 1)
    (tmp_path / "damaged").write_bytes(
        b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n" + damaged
    )
    for name, complaint in (
        ("nowhere", "cannot be read"),
        ("text", "holds no certificate"),
        ("damaged", "damaged certificate"),
    ):
        with pytest.raises(InvalidSetting, match=complaint):
            open_source("grpcs://localhost:1", ca_file=str(tmp_path / name))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"collaborative_token": "two words"}, "COLLABORATIVE_TOKEN"),
        ({"collaborative_token": "é"}, "COLLABORATIVE_TOKEN"),
        ({"collaborative_token": "a\nb"}, "COLLABORATIVE_TOKEN"),
        ({"collaborative_ca": "/ca.pem", "collaborative_url": "grpc://host:1"}, "grpcs://"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, str], complaint: str) -> None:
    with pytest.raises(InvalidSetting, match=complaint) as refused:
        QuerySettings(**wrong)
    assert "two words" not in str(refused.value)
