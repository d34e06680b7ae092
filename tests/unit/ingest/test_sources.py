"""Fetching audio: local files within bounds, uploads, and HTTP that misbehaves."""

from __future__ import annotations

import hashlib
import http.server
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from segue.errors import AudioError, SegueError, SourceError, SourceUnavailable
from segue.ingest.sources import Sources

BODY = bytes(range(256)) * 40


class Place(http.server.BaseHTTPRequestHandler):
    """Answers by path: /good, /status/NNN, /away (redirects in a circle), /slow."""

    hold = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/good":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/slow":
            self.hold.wait(20)
        elif self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/away")
            self.end_headers()
        else:
            self.send_response(int(self.path.rsplit("/", 1)[1]))
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def place() -> Iterator[str]:
    Place.hold.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Place)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Place.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def sources(tmp_path: Path) -> AsyncIterator[Sources]:
    for name in ("spool", "music"):
        (tmp_path / name).mkdir()
    (tmp_path / "music" / "a b#1?.mp3").write_bytes(BODY)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "music" / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "music" / "pipe")
    opened = Sources(
        tmp_path / "spool",
        media_roots=[tmp_path / "music"],
        max_download_bytes=len(BODY),
    )
    yield opened
    await opened.close()


async def read(sources: Sources, uri: str) -> bytes:
    async with sources.fetch(uri) as source:
        data = source.file.read()
        assert source.sha256 == hashlib.sha256(data).hexdigest()
        return data


async def refusal(sources: Sources, uri: str) -> SegueError:
    with pytest.raises(SegueError) as caught:
        await read(sources, uri)
    return caught.value


async def test_file_by_quoted_or_plain_name(sources: Sources, tmp_path: Path) -> None:
    path = tmp_path / "music" / "a b#1?.mp3"
    assert await read(sources, path.as_uri()) == BODY
    assert await read(sources, f"file://localhost{path}") == BODY


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ("music/missing.mp3", "SOURCE_NOT_FOUND"),
        ("music", "SOURCE_NOT_FOUND"),
        ("music/pipe", "SOURCE_NOT_FOUND"),
        ("music/nul%00byte", "SOURCE_NOT_FOUND"),
        ("music/link", "SOURCE_FORBIDDEN"),
        ("secret", "SOURCE_FORBIDDEN"),
        ("music/../secret", "SOURCE_FORBIDDEN"),
        ("music/%2e%2e/secret", "SOURCE_FORBIDDEN"),
    ],
)
async def test_files_that_are_refused(
    sources: Sources, tmp_path: Path, tail: str, reason: str
) -> None:
    error = await refusal(sources, f"file://{tmp_path}/{tail}")
    assert isinstance(error, SourceError)
    assert error.reason == reason


@pytest.mark.parametrize(
    "uri", ["/music/a.mp3", "ftp://host/a.mp3", "file://host/a.mp3", "", "http://[", "data:,x"]
)
async def test_addresses_of_unknown_kind_are_refused(sources: Sources, uri: str) -> None:
    error = await refusal(sources, uri)
    assert isinstance(error, SourceError)
    assert error.reason == "SOURCE_SCHEME"


async def test_upload_is_read_and_discarded_within_the_spool(
    sources: Sources, tmp_path: Path
) -> None:
    upload = tmp_path / "spool" / "Up Load.mp3"
    upload.write_bytes(BODY)
    assert await read(sources, "spool://Up%20Load.mp3") == BODY
    sources.discard((tmp_path / "secret").as_uri())
    sources.discard("spool://Up%20Load.mp3")
    assert not upload.exists()
    assert (tmp_path / "secret").exists()
    for escape in ("spool://../secret", "spool://%2e%2e/secret"):
        assert (await refusal(sources, escape)).reason == "SOURCE_FORBIDDEN"


async def test_download_leaves_nothing_in_the_spool(
    sources: Sources, place: str, tmp_path: Path
) -> None:
    assert await read(sources, f"{place}/good") == BODY
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("status", [404, 403, 410, 204])
async def test_what_http_refuses_is_refused(sources: Sources, place: str, status: int) -> None:
    assert isinstance(await refusal(sources, f"{place}/status/{status}"), SourceError)


@pytest.mark.parametrize("tail", ["status/500", "status/503", "status/429"])
async def test_what_http_may_answer_later_is_unavailable(
    sources: Sources, place: str, tail: str
) -> None:
    assert isinstance(await refusal(sources, f"{place}/{tail}"), SourceUnavailable)


async def test_an_answer_that_takes_too_long_is_unavailable(place: str, tmp_path: Path) -> None:
    hasty = Sources(tmp_path, download_seconds=0.5)
    assert isinstance(await refusal(hasty, f"{place}/slow"), SourceUnavailable)
    await hasty.close()


async def test_nobody_at_the_address_is_unavailable(sources: Sources) -> None:
    refused = await refusal(sources, "http://127.0.0.1:1/x")

    assert isinstance(refused, SourceUnavailable)
    assert refused.reason == "SOURCE_UNAVAILABLE"


async def test_a_missing_files_path_is_said_once(sources: Sources, tmp_path: Path) -> None:
    missing = tmp_path / "music" / "missing.mp3"

    refused = await refusal(sources, missing.as_uri())

    assert str(refused) == f"cannot read '{missing}': No such file or directory"


async def test_circle_of_redirects_is_refused(sources: Sources, place: str) -> None:
    assert isinstance(await refusal(sources, f"{place}/away"), SourceError)


async def test_download_beyond_the_limit_is_refused(place: str, tmp_path: Path) -> None:
    small = Sources(tmp_path, max_download_bytes=len(BODY) - 1)
    error = await refusal(small, f"{place}/good")
    await small.close()
    assert isinstance(error, AudioError)
    assert error.reason == "AUDIO_TOO_LARGE"
