"""Who may not read what, told by real refusals of the operating system."""

from __future__ import annotations

import errno
import json
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from other_user import as_other_user, open_folder, other_user
from segue.errors import SourceError, SourceNotReadable, SourceUnavailable
from segue.ingest.retrying import failure_kind
from segue.jobs.ledger import FailureKind
from segue.permissions import this_user, unreadable, unwritable_spool

FETCH = """
import asyncio, concurrent.futures.thread, json, sys
from pathlib import Path
import httpx
from segue.errors import SegueError
from segue.callers import Caller
from segue.ingest.sources import Sources
httpx.AsyncClient()  # loads the rest of it
"""

EMBED = """
import json, sys
from pathlib import Path
from segue.audio.decoding import probe
from segue.audio.excerpt import excerpt
from segue.errors import SegueError
"""

COMMAND = """
import json, sys
from pathlib import Path
from segue.cli.sender import Sender
from segue.cli.job_follower import JobFollower
from segue.cli.stack_address import find_stack
from segue.cli.sources import collect
"""

TELL = """
def tell(attempt):
    try:
        attempt()
    except SegueError as error:
        print(json.dumps([error.reason, str(error), error.next_step]))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@pytest.fixture
def closed(folder: Path) -> Path:
    """Music that only its owner may read, and not even they without asking."""
    path = folder / "album" / "closed.flac"
    path.parent.mkdir()
    path.write_bytes(b"fLaC")
    path.chmod(0)
    return path


def told(output: str) -> list[list[str]]:
    return [json.loads(line) for line in output.splitlines()]


def owner(path: Path) -> str:
    status = path.stat()
    return (
        f"it belongs to uid {status.st_uid}, gid {status.st_gid}, mode {status.st_mode & 0o777:03o}"
    )


def test_this_user_has_name_and_numbers() -> None:
    name = pwd.getpwuid(os.geteuid()).pw_name
    assert this_user() == f"the user {name} (uid {os.geteuid()}, gid {os.getegid()})"


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999)
    assert this_user().startswith("the user without a name (uid 3999999, gid")


def test_a_worker_says_which_user_may_not_read_a_source(folder: Path, closed: Path) -> None:
    fetch = (
        TELL
        + """
async def fetch(uri):
    async with Sources(Path(sys.argv[1])).fetch(uri, Caller.OWNER):
        pass
for uri in sys.argv[2:]:
    tell(lambda: asyncio.run(fetch(uri)))
"""
    )
    spooled = folder / "upload.mp3"
    spooled.write_bytes(b"ID3")
    spooled.chmod(0)
    for found, path in zip(
        told(as_other_user(FETCH, fetch, folder, closed.as_uri(), "spool://upload.mp3")),
        (closed, spooled),
        strict=True,
    ):
        assert found == [
            "SOURCE_NOT_READABLE",
            f"cannot read {str(path)!r}: {other_user()} may not read it; {owner(path)}",
            SourceNotReadable.next_step,
        ]
    for words in ("chmod", "SEGUE_UID and SEGUE_GID in .env", "deadletters replay"):
        assert words in SourceNotReadable.next_step


def test_a_folder_on_the_way_is_named(folder: Path, closed: Path) -> None:
    closed.chmod(0o644)
    closed.parent.chmod(0o600)
    fetch = (
        TELL
        + """
async def fetch(uri):
    async with Sources(Path(sys.argv[1])).fetch(uri, Caller.OWNER):
        pass
tell(lambda: asyncio.run(fetch(sys.argv[2])))
"""
    )
    ((reason, message, _),) = told(as_other_user(FETCH, fetch, folder, closed.as_uri()))
    assert reason == "SOURCE_NOT_READABLE"
    assert message == (
        f"cannot read {str(closed)!r}: {other_user()} may not enter the folder "
        f"{str(closed.parent)!r}; {owner(closed.parent)}"
    )


def test_a_command_that_may_not_read_names_its_own_user(closed: Path) -> None:
    script = (
        TELL
        + """
path = Path(sys.argv[1])
for attempt in (probe, excerpt):
    tell(lambda: attempt(path))
"""
    )
    found = told(as_other_user(EMBED, script, closed))
    assert len(found) == 2
    for reason, message, next_step in found:
        assert reason == "SOURCE_NOT_READABLE"
        assert f"{other_user()} may not read it" in message
        assert "run the command as a user who may" in next_step
        assert "SEGUE_UID" not in next_step


def test_an_upload_that_may_not_be_read_is_a_problem_of_its_own(folder: Path, closed: Path) -> None:
    unlisted, unentered = folder / "unlisted", folder / "unentered"
    for place, mode in ((unlisted, 0o111), (unentered, 0o600)):
        place.mkdir()
        (place / "song.mp3").touch()
        place.chmod(mode)
    (folder / "manifest.csv").touch(0)
    script = """
found = collect(map(Path, sys.argv[1:]))
stack = find_stack("127.0.0.1:1", None, timeout_seconds=1.0)
follower = JobFollower(stack, retry_seconds=0.0, quiet=True)
follower.result.failures += found.problems
with stack.client(follower.patience) as client:
    Sender(follower, upload=True).send(client, found.items)
for one in follower.result.failures:
    print(json.dumps([one.reason, one.place, one.message, one.next_step]))
"""
    named = [closed, unlisted, unentered, unentered / "song.mp3", folder / "manifest.csv"]
    found = told(as_other_user(COMMAND, script, *named))
    assert [place for _, place, _, _ in found] == [
        str(unentered / "manifest.jsonl"),
        str(unentered / "song.mp3"),
        str(folder / "manifest.csv"),
        str(unlisted),
        str(closed),
    ]
    for reason, _, message, next_step in found:
        assert reason == "SOURCE_NOT_READABLE"
        assert other_user() in message
        assert "run the command as a user who may" in next_step


def test_what_is_not_there_stays_not_found(tmp_path: Path) -> None:
    missing = FileNotFoundError(2, "No such file or directory")
    assert unreadable(tmp_path / "a", missing).reason == "SOURCE_NOT_FOUND"
    assert unreadable(tmp_path / "a", missing, by_command=True).next_step == "Check the path."


def test_a_spool_that_may_not_be_written_names_the_user(folder: Path) -> None:
    folder.chmod(0o555)
    download = (
        TELL
        + """
async def fetch():
    async with Sources(Path(sys.argv[1])).fetch("http://127.0.0.1:9/a.mp3", Caller.OWNER):
        pass
tell(lambda: asyncio.run(fetch()))
"""
    )
    ((reason, message, next_step),) = told(as_other_user(FETCH, download, folder))
    assert reason == "SPOOL_UNWRITABLE"
    assert message == (
        f"the spool folder {folder} cannot be written: {other_user()} may not; {owner(folder)}"
    )
    assert "chown" in next_step
    full = unwritable_spool(folder, OSError(28, "No space left on device"))
    assert "Make room" in full.next_step


@pytest.mark.parametrize(
    "number",
    [errno.ESTALE, errno.EIO, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EMFILE,
     errno.ENOMEM, errno.EREMOTEIO],
)  # fmt: skip
@pytest.mark.parametrize("by_command", [False, True])
def test_a_share_that_fails_is_tried_again(number: int, by_command: bool) -> None:
    failure = unreadable(Path("/share/a.mp3"), OSError(number, os.strerror(number)),
                         by_command=by_command)  # fmt: skip
    assert isinstance(failure, SourceUnavailable)
    assert failure_kind(failure) is FailureKind.OUTAGE
    assert os.strerror(number) in str(failure)
    assert "share" in failure.next_step or not by_command


@pytest.mark.parametrize(
    "number", [errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR]
)
def test_a_name_that_leads_nowhere_is_not_tried_again(number: int) -> None:
    failure = unreadable(Path("/share/a.mp3"), OSError(number, os.strerror(number)))
    assert isinstance(failure, SourceError)
    assert failure_kind(failure) is FailureKind.REFUSED
