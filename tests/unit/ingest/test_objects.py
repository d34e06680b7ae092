"""Objects of a store: a real server that speaks S3, and one that fails in every way."""

from __future__ import annotations

import contextlib
import http.server
import logging
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from object_store import SECRET, Bucket
from read_sources import read, refusal
from segue.callers import Caller
from segue.errors import SourceError, SourceForbidden, SourceUnavailable
from segue.ingest.retrying import failure_kind
from segue.ingest.sources import Sources
from segue.ingest.transfers import DownloadLimits
from segue.jobs.ledger import FailureKind
from segue.object_names import ObjectName

BODY = os.urandom(300_000)
KEYS = ["a.mp3", "x/b b#1?%20+&.mp3", "x//c.mp3", "/lead.mp3", "ü/日本.flac", "(a)[b]*'!~=@,;$.mp3"]


@pytest.fixture
async def sources(tmp_path: Path, bucket: Bucket) -> AsyncIterator[Sources]:
    opened = Sources(
        tmp_path,
        downloads=DownloadLimits(len(BODY)),
        media_buckets=[ObjectName(bucket.name, "open/")],
    )
    yield opened
    await opened.close()


@pytest.mark.parametrize("key", KEYS)
async def test_an_object_is_fetched_by_its_key_as_it_stands(
    sources: Sources, bucket: Bucket, tmp_path: Path, key: str
) -> None:
    assert await read(sources, bucket.put(key, BODY)) == BODY
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", KEYS)
def test_what_is_asked_for_is_what_was_signed(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    from segue.media.object_store import ObjectStore, StoreAccess

    store = ObjectStore(StoreAccess.from_environment())
    signed = store.url_of(ObjectName(bucket.name, key), seconds=60)
    store.close()
    # A path that the client wrote otherwise would fit no signature.
    assert str(httpx.URL(signed)) == signed
    assert httpx.URL(signed).raw_path.decode() == signed.removeprefix(bucket.endpoint)


async def test_what_is_not_there_is_refused(sources: Sources, bucket: Bucket) -> None:
    for uri in (f"s3://{bucket.name}/missing.mp3", "s3://no-such-bucket-at-all/a.mp3"):
        refused = await refusal(sources, uri)
        assert type(refused) is SourceError
        assert refused.reason == "SOURCE_NOT_FOUND"
        assert uri in str(refused)
        assert "404" in str(refused)
        assert "NoSuch" in str(refused)


async def test_what_is_too_large_is_refused_before_it_is_fetched(
    sources: Sources, bucket: Bucket
) -> None:
    refused = await refusal(sources, bucket.put("large.wav", BODY + b"x"))
    assert refused.reason == "AUDIO_TOO_LARGE"
    assert str(len(BODY) + 1) in str(refused)


@pytest.mark.parametrize(
    "uri",
    ["s3://", "s3://b/a", "s3:///a.mp3", "s3://Key:of-the-object-store@bucket/a.mp3",
     "s3://169.254.169.254:80/a", "s3://bucket/../a.mp3", "s3://bucket"],
)  # fmt: skip
async def test_what_names_no_object_is_refused_without_asking(sources: Sources, uri: str) -> None:
    refused = await refusal(sources, uri)
    assert isinstance(refused, SourceError)
    assert "of-the-object-store" not in str(refused)


async def test_a_guest_does_not_use_the_services_credentials(
    sources: Sources, bucket: Bucket
) -> None:
    secret, opened = bucket.put("private/a.mp3", BODY), bucket.put("open/a.mp3", BODY)
    beside = bucket.put("opened.mp3", BODY)
    for uri in (secret, f"s3://{bucket.name}/missing.mp3", beside, "s3://no-such-bucket/a.mp3"):
        refused = await refusal(sources, uri, Caller.GUEST)
        assert type(refused) is SourceForbidden
        assert str(refused) == f"{uri!r} is not there, or may not be read for you"
    assert await read(sources, opened, Caller.GUEST) == BODY
    assert await read(sources, secret, Caller.ADMITTED) == BODY


async def test_without_credentials_the_next_step_is_said(
    tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = bucket.put("a.mp3", BODY)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    refused = await refusal(Sources(tmp_path), uri)
    assert refused.reason == "SOURCE_NOT_READABLE"
    assert "AWS_SECRET_ACCESS_KEY" in refused.next_step
    assert failure_kind(refused) is FailureKind.REFUSED


class FailingStore(http.server.BaseHTTPRequestHandler):
    """Answers /bucket/NNN/CODE with that status and code, /bucket/breaks and /bucket/trickle."""

    ended = threading.Event()
    asked: list[str] = []  # noqa: RUF012  # of one test at a time

    def do_GET(self) -> None:
        self.asked.append(self.path)
        what = self.path.partition("?")[0].split("/")[2:]
        if what[0] in ("breaks", "trickle"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:1000])
            with contextlib.suppress(OSError):
                while what[0] == "trickle" and not self.ended.wait(0.05):
                    self.wfile.write(b"x")
            return
        body = f"<Error><Code>{what[1]}</Code><Message>{SECRET}</Message></Error>".encode()
        self.send_response(int(what[0]))
        if what[0] == "307":
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def failing(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    FailingStore.ended.clear()
    FailingStore.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FailingStore)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield f"s3://{bucket.name}"
    FailingStore.ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("tail", "kind", "reason"),
    [
        ("503/SlowDown", FailureKind.OUTAGE, "SOURCE_UNAVAILABLE"),
        ("500/InternalError", FailureKind.OUTAGE, "SOURCE_UNAVAILABLE"),
        ("429/TooManyRequests", FailureKind.OUTAGE, "SOURCE_UNAVAILABLE"),
        ("403/AccessDenied", FailureKind.REFUSED, "SOURCE_NOT_READABLE"),
        ("401/Unauthorized", FailureKind.REFUSED, "SOURCE_NOT_READABLE"),
        ("400/ExpiredToken", FailureKind.REFUSED, "SOURCE_NOT_FOUND"),
        ("307/TemporaryRedirect", FailureKind.REFUSED, "SOURCE_NOT_FOUND"),
    ],
)
async def test_what_a_store_answers_decides_whether_it_is_asked_again(
    sources: Sources, failing: str, tail: str, kind: FailureKind, reason: str
) -> None:
    refused = await refusal(sources, f"{failing}/{tail}")
    status, _, code = tail.partition("/")
    assert failure_kind(refused) is kind
    assert refused.reason == reason
    assert f"HTTP status {status} ({code})" in str(refused)
    assert SECRET not in f"{refused} {refused.next_step}"


async def test_a_transfer_that_breaks_off_says_so(sources: Sources, failing: str) -> None:
    refused = await refusal(sources, f"{failing}/breaks")
    assert type(refused) is SourceUnavailable
    assert f"broke off after 1000 of {len(BODY)} bytes" in str(refused)


async def test_a_store_that_gives_too_little_is_given_up(
    tmp_path: Path, bucket: Bucket, failing: str
) -> None:
    hasty = Sources(tmp_path, downloads=DownloadLimits(total_seconds=60, stretch_seconds=1.0))
    refused = await refusal(hasty, f"{failing}/trickle")
    await hasty.close()
    assert refused.reason == "SOURCE_TOO_SLOW"


async def test_a_store_that_is_away_is_an_outage(
    sources: Sources, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    refused = await refusal(sources, f"s3://{bucket.name}/a.mp3")
    assert type(refused) is SourceUnavailable
    assert failure_kind(refused) is FailureKind.OUTAGE


async def test_nothing_secret_is_logged_or_told(
    sources: Sources, failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    from segue.log_lines import LineFormatter

    with caplog.at_level(logging.DEBUG):
        refused = await refusal(sources, f"{failing}/403/AccessDenied")
    assert FailingStore.asked, "the store was asked"
    signature = FailingStore.asked[0].partition("X-Amz-Signature=")[2].partition("&")[0]
    assert len(signature) == 64
    lines = "\n".join(map(LineFormatter("%(message)s").format, caplog.records))
    assert "AccessDenied" in str(refused)
    for secret in (SECRET, signature):
        assert secret not in lines
        assert secret not in str(refused)
