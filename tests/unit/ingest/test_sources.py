"""Fetching audio: what each caller may have read, uploads, and HTTP that misbehaves."""

from __future__ import annotations

import contextlib
import errno
import http.server
import os
import threading
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from read_sources import read, refusal
from segue.callers import Caller
from segue.errors import (
    AudioError,
    SourceError,
    SourceForbidden,
    SourceUnavailable,
)
from segue.ingest.sources import Sources
from segue.ingest.transfers import DownloadLimits

BODY = bytes(range(256)) * 40
LOOPBACK = (ip_network("127.0.0.0/8"),)


class Place(http.server.BaseHTTPRequestHandler):
    """Answers by path.

    /good, /status/NNN, /away (redirects in a circle), /to?URL (redirects there), /silent, /trickle
    (a byte now and then), /breaks (off after 100 bytes), /packed (claims to be packed), /endless,
    /declared/SIZE.
    """

    hold = threading.Event()
    paths: list[str] = []  # noqa: RUF012  # of one test at a time
    flooded = [0]  # noqa: RUF012

    def do_GET(self) -> None:
        self.paths.append(self.path)
        if self.path.startswith(("/good", "/packed", "http://music.example/")):
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            if self.path == "/packed":
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(BODY)
        elif self.path == "/silent":
            self.hold.wait(60)
        elif self.path in ("/trickle", "/endless"):
            self.send_response(200)
            self.end_headers()
            pause = 0.05 if self.path == "/trickle" else 0.0
            with contextlib.suppress(OSError):
                while not self.hold.wait(pause):
                    self.wfile.write(b"x" if pause else BODY)
        elif self.path.startswith("/declared/"):
            self.send_response(200)
            self.send_header("Content-Length", self.path.rpartition("/")[2])
            self.end_headers()
        elif self.path == "/breaks":
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY[:100])
        elif self.path == "/flood":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            with contextlib.suppress(OSError):
                while not self.hold.is_set():
                    self.wfile.write(BODY)
                    self.flooded[0] += len(BODY)
        elif self.path == "/cookie":
            self.send_response(200)
            self.send_header("Set-Cookie", "who=ann")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(self.headers.get("Cookie", "none")[:4].encode())
        elif self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?")[2])
            self.end_headers()
        elif self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/away")
            self.end_headers()
        else:
            self.send_response(int(self.path.partition("?")[0].rsplit("/", 1)[1]))
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def place() -> Iterator[str]:
    Place.hold.clear()
    Place.paths.clear()
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
        downloads=DownloadLimits(len(BODY)),
        networks=LOOPBACK,
    )
    yield opened
    await opened.close()


@pytest.mark.parametrize("caller", Caller)
async def test_file_by_quoted_or_plain_name(
    sources: Sources, tmp_path: Path, caller: Caller
) -> None:
    path = tmp_path / "music" / "a b#1?.mp3"
    assert await read(sources, path.as_uri(), caller) == BODY
    assert await read(sources, f"file://localhost{path}", caller) == BODY


@pytest.mark.parametrize("caller", [Caller.OWNER, Caller.ADMITTED])
@pytest.mark.parametrize("tail", ["secret", "music/link", "music/../secret", "music/%2e%2e/secret"])
async def test_the_owner_has_any_file_read(
    sources: Sources, tmp_path: Path, tail: str, caller: Caller
) -> None:
    assert await read(sources, f"file://{tmp_path}/{tail}", caller) == b"secret"


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        ("music/missing.mp3", "SOURCE_NOT_FOUND"),
        ("music", "SOURCE_NOT_FOUND"),
        ("music/pipe", "SOURCE_NOT_FOUND"),
        ("music/nul%00byte", "SOURCE_NOT_FOUND"),
    ],
)
async def test_files_that_are_refused_to_the_owner_say_why(
    sources: Sources, tmp_path: Path, tail: str, reason: str
) -> None:
    error = await refusal(sources, f"file://{tmp_path}/{tail}")
    assert isinstance(error, SourceError)
    assert error.reason == reason


@pytest.mark.parametrize(
    "tail",
    [
        "secret",
        "missing",
        "music/missing.mp3",
        "music",
        "music/pipe",
        "music/nul%00byte",
        "music/link",
        "music/../secret",
        "music/%2e%2e/secret",
        "../../../../../../../../etc/passwd",
        "../../../../../../../../etc/missing",
        "../../../../../../../../proc/self/environ",
    ],
)
async def test_a_guest_hears_the_same_of_whatever_may_not_be_read(
    sources: Sources, tmp_path: Path, tail: str
) -> None:
    uri = f"file://{tmp_path}/{tail}"
    error = await refusal(sources, uri, Caller.GUEST)
    assert isinstance(error, SourceForbidden)
    assert str(error) == f"{uri!r} is not there, or may not be read for you"
    assert error.__cause__ is None


async def test_without_media_folders_a_guest_has_no_file_read(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(BODY)
    opened = Sources(tmp_path)
    error = await refusal(opened, (tmp_path / "a.mp3").as_uri(), Caller.GUEST)
    assert error.reason == "SOURCE_FORBIDDEN"
    assert await read(opened, (tmp_path / "a.mp3").as_uri()) == BODY


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
    (tmp_path / "spool" / "link").symlink_to(tmp_path / "secret")
    escapes = (
        "spool://../secret",
        "spool://%2e%2e/secret",
        "spool://",
        "spool://..",
        "spool://link",
    )
    for escape in escapes:
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


@pytest.mark.parametrize(
    ("tail", "total_seconds", "reason"),
    [
        ("silent", 60.0, "SOURCE_UNAVAILABLE"),
        ("trickle", 60.0, "SOURCE_TOO_SLOW"),
        ("trickle", 0.3, "SOURCE_TOO_SLOW"),
        ("silent", 0.3, "SOURCE_TOO_SLOW"),
    ],
)
async def test_who_gives_too_little_is_given_up(
    place: str, tmp_path: Path, tail: str, total_seconds: float, reason: str
) -> None:
    limits = DownloadLimits(total_seconds=total_seconds, stretch_seconds=1.0)
    hasty = Sources(tmp_path, downloads=limits, networks=LOOPBACK)
    refused = await refusal(hasty, f"{place}/{tail}")
    await hasty.close()
    assert isinstance(refused, SourceUnavailable)
    assert refused.reason == reason


async def test_what_comes_at_a_good_rate_may_last_for_many_stretches(
    place: str, tmp_path: Path
) -> None:
    limits = DownloadLimits(1 << 40, 3.0, stretch_seconds=1.4, least_bytes_per_second=1)
    patient = Sources(tmp_path, downloads=limits, networks=LOOPBACK)
    refused = await refusal(patient, f"{place}/endless")
    await patient.close()
    assert "took over 3 s" in str(refused)


@pytest.mark.parametrize("caller", Caller)
async def test_a_transfer_that_breaks_off_says_where_and_why(
    sources: Sources, place: str, tmp_path: Path, caller: Caller
) -> None:
    refused = await refusal(sources, f"{place}/breaks", caller)
    assert type(refused) is SourceUnavailable
    assert f"'{place}/breaks' broke off after 100 of {len(BODY)} bytes: " in str(refused)
    assert list((tmp_path / "spool").iterdir()) == []


async def test_nothing_is_unpacked(sources: Sources, place: str) -> None:
    assert await read(sources, f"{place}/packed") == BODY


async def test_a_declared_size_beyond_the_limit_is_not_waited_for(
    sources: Sources, place: str
) -> None:
    assert (await refusal(sources, f"{place}/declared/{1 << 40}")).reason == "AUDIO_TOO_LARGE"


UNREACHED = (
    "http://127.0.0.1:1/x",
    "http://nobody.invalid/x",
    "http://10.0.0.1/x",
    "http://[::1]/x",
)


@pytest.mark.parametrize("uri", UNREACHED)
async def test_a_guest_hears_the_same_of_every_host_that_is_not_reached(
    sources: Sources, uri: str
) -> None:
    refused = await refusal(sources, uri, Caller.GUEST)
    assert type(refused) is SourceUnavailable
    assert str(refused) == f"{uri!r} does not answer, or may not be fetched"


async def test_the_owner_hears_why_a_host_is_not_reached(sources: Sources) -> None:
    refused = await refusal(sources, "http://10.0.0.1/x")
    assert isinstance(refused, SourceForbidden)
    assert "10.0.0.1" in str(refused)
    assert isinstance(await refusal(sources, "http://127.0.0.1:1/x"), SourceUnavailable)


def inside(port: int) -> list[str]:
    """Ways to say where the test's own server is."""
    hosts = (
        "127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "127。0。0。1", "①27.0.0.1",
    )  # fmt: skip
    return [f"http://{host}:{port}/good" for host in hosts]


@pytest.mark.parametrize("caller", Caller)
async def test_no_url_reaches_this_machine(place: str, tmp_path: Path, caller: Caller) -> None:
    careful = Sources(tmp_path, downloads=DownloadLimits(stretch_seconds=30.0))
    for uri in inside(int(place.rpartition(":")[2])):
        refused = await refusal(careful, uri, caller)
        assert refused.reason in ("SOURCE_FORBIDDEN", "SOURCE_UNAVAILABLE", "SOURCE_NOT_FOUND"), uri
    await careful.close()
    assert Place.paths == []


async def test_no_redirect_leads_to_where_a_url_may_not(place: str, tmp_path: Path) -> None:
    port = int(place.rpartition(":")[2])
    careful = Sources(tmp_path, networks=(ip_network("127.0.0.1"),))
    for target in (
        f"http://127.0.0.2:{port}/good",
        f"http://[::ffff:127.0.0.2]:{port}/good",
        f"//127.0.0.2:{port}/good",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
    ):
        refused = await refusal(careful, f"{place}/to?{target}", Caller.GUEST)
        assert refused.reason in ("SOURCE_UNAVAILABLE", "SOURCE_NOT_FOUND"), target
    assert await read(careful, f"{place}/to?{place}/good") == BODY
    await careful.close()
    assert [path for path in Place.paths if path == "/good"] == ["/good"]


async def test_what_stands_in_a_redirect_is_not_read(sources: Sources, place: str) -> None:
    Place.flooded[0] = 0
    assert await read(sources, f"{place}/flood") == BODY
    # What fits into the buffers of both sides of a connection, and no more.
    assert Place.flooded[0] < 64 * 1024 * 1024


async def test_no_cookie_goes_from_one_url_to_the_next(sources: Sources, place: str) -> None:
    assert [await read(sources, f"{place}/cookie") for _ in range(2)] == [b"none", b"none"]


async def test_a_proxy_makes_all_connections_when_one_is_named(place: str, tmp_path: Path) -> None:
    proxied = Sources(tmp_path, proxy=place)
    uri = "http://music.example/good"
    assert await read(proxied, uri, Caller.GUEST) == BODY
    await proxied.close()
    assert Place.paths == [uri]


async def test_no_secret_of_a_url_is_told(sources: Sources, place: str) -> None:
    secret = place.replace("//", "//ann:s3cret@")
    for uri in (
        f"{secret}/status/404?token=s3cret",
        f"{secret}/status/500?token=s3cret",
        f"{secret}/away?token=s3cret",
        f"{secret}/declared/99999999",
        "http://ann:s3cret@10.0.0.1/x?token=s3cret",
        "http://ann:s3cret@127.0.0.1:1/x?s3cret",
        "ftp://ann:s3cret@host/",
    ):
        for caller in (Caller.OWNER, Caller.GUEST):
            assert "s3cret" not in str(await refusal(sources, uri, caller)), uri
    assert await read(sources, f"{secret}/good?token=s3cret") == BODY
    assert "/good?token=s3cret" in Place.paths


async def test_a_missing_files_path_is_said_once(sources: Sources, tmp_path: Path) -> None:
    missing = tmp_path / "music" / "missing.mp3"

    refused = await refusal(sources, missing.as_uri())

    assert str(refused) == f"cannot read '{missing}': No such file or directory"


async def test_circle_of_redirects_is_refused(sources: Sources, place: str) -> None:
    assert isinstance(await refusal(sources, f"{place}/away"), SourceError)


async def test_download_beyond_the_limit_is_refused(place: str, tmp_path: Path) -> None:
    small = Sources(tmp_path, downloads=DownloadLimits(len(BODY) - 1), networks=LOOPBACK)
    error = await refusal(small, f"{place}/good")
    await small.close()
    assert isinstance(error, AudioError)
    assert error.reason == "AUDIO_TOO_LARGE"


async def test_a_guest_hears_of_a_failing_share_below_the_media_folders_alone(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(path: object, flags: int) -> int:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)

    monkeypatch.setattr(os, "open", stale)
    music, secret = f"file://{tmp_path}/music/a.mp3", f"file://{tmp_path}/music/../secret"
    assert (await refusal(sources, music, Caller.GUEST)).reason == "SOURCE_UNAVAILABLE"
    assert (await refusal(sources, secret, Caller.GUEST)).reason == "SOURCE_FORBIDDEN"
    assert (await refusal(sources, secret)).reason == "SOURCE_UNAVAILABLE"
