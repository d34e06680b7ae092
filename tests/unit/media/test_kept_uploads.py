"""Kept uploads: bounded, shared between processes, and whole after a kill at any point."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from segue.errors import AudioGone, NoRoomForUploads
from segue.media import kept_uploads
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads
from segue.settings import KeptUploadSettings

SPACE = "segue-v3"


@pytest.fixture
def kept(tmp_path: Path) -> KeptUploads:
    return KeptUploads(tmp_path / "kept", most_bytes=1_000)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def keep(
    kept: KeptUploads, content: bytes, track_id: str, *, guests: bool | None = False,
    now: float | None = None, space: str = SPACE, folder: Path = Path("/tmp"),
    catalogue: str = "",
) -> str:  # fmt: skip
    """Keep some bytes for a track; their hash, or nothing when they were not kept."""
    sha256 = digest_of(content)
    path = folder / f"kept-test-{os.getpid()}-{time.monotonic_ns()}"
    path.write_bytes(content)
    try:
        with path.open("rb") as file:
            use = Use(track_id, space, sha256, f"{track_id}.mp3", catalogue=catalogue)
            done = kept.keep(file, sha256, use, guests=guests, now=now)
            assert file.tell() == 0
    finally:
        path.unlink()
    return sha256 if done else ""


def content(kept: KeptUploads, sha256: str) -> bytes:
    file, _ = kept.open_whole(sha256, largest_bytes=1 << 20)
    with file:
        return file.read()


def files(kept: KeptUploads) -> set[str]:
    return {path.name for path in kept.path("0" * 64).parent.parent.glob("??/*")}


def test_what_is_kept_can_be_read_while_a_track_uses_it(kept: KeptUploads) -> None:
    sha256 = keep(kept, b"audio", "a")
    assert keep(kept, b"audio", "b") == sha256
    assert content(kept, sha256) == b"audio"
    assert kept.file_name(sha256, "b") == "b.mp3"
    assert kept.room() == kept_uploads.Room(1, 5, 1_000)
    assert kept.release(["a", "unknown"]) == 0
    assert kept.holds(sha256)
    assert kept.release(["b"]) == 1
    assert not kept.holds(sha256)
    assert files(kept) == set()
    with pytest.raises(AudioGone) as gone:
        content(kept, sha256)
    assert gone.value.reason == "AUDIO_GONE"


def test_what_a_track_of_another_catalogue_uses_stays(kept: KeptUploads) -> None:
    """Tracks of two catalogues have the same id, and came from the same upload."""
    sha256 = keep(kept, b"audio", "a")
    for catalogue in ("archive", "test"):
        assert keep(kept, b"audio", "a", catalogue=catalogue) == sha256
    own = Use("a", SPACE, sha256, "a.mp3")
    others = [replace(own, catalogue=name) for name in ("archive", "test")]
    assert kept.uses(limit=9) == [own]
    assert kept.uses(limit=9, catalogue="archive", space=SPACE) == others[:1]
    assert kept.uses(limit=9, catalogue="arch") == []
    assert kept.uses(limit=9, catalogue="archive", space="other-v1") == []
    after = ("a", SPACE, sha256)
    assert kept.uses(limit=9, catalogue="archive", after=after) == []
    assert kept.release(["a"]) == 0
    assert kept.uses(limit=9) == []
    assert kept.release_uses(others[:1]) == 0
    assert kept.holds(sha256)
    assert kept.release(["a"], "test") == 1
    assert not kept.holds(sha256)


def test_a_link_costs_no_room_and_outlives_the_spool(tmp_path: Path) -> None:
    kept = KeptUploads(tmp_path / "kept", most_bytes=1_000)
    spooled = tmp_path / "upload-x"
    spooled.write_bytes(b"audio")
    sha256 = digest_of(b"audio")
    with spooled.open("rb") as file:
        assert kept.keep(file, sha256, Use("a", SPACE, sha256, ""), guests=False)
    assert kept.path(sha256).stat().st_ino == spooled.stat().st_ino
    spooled.unlink()
    assert content(kept, sha256) == b"audio"


def test_on_another_file_system_it_is_copied(kept: KeptUploads) -> None:
    shared_memory = Path("/dev/shm")
    if shared_memory.stat().st_dev == kept.path("0" * 64).parents[2].stat().st_dev:
        pytest.skip("there is only one file system here")
    sha256 = keep(kept, b"from elsewhere", "a", folder=shared_memory)
    assert content(kept, sha256) == b"from elsewhere"
    assert files(kept) == {sha256}


def test_the_oldest_go_when_the_room_ends(kept: KeptUploads) -> None:
    first, second, third = (keep(kept, bytes([n]) * 400, f"t{n}", now=n) for n in (1, 2, 3))
    assert [kept.holds(one) for one in (first, second, third)] == [False, True, True]
    # Kept again, the oldest is the youngest.
    keep(kept, bytes([2]) * 400, "t2", now=4)
    keep(kept, b"x" * 400, "t5", now=5)
    assert [kept.holds(one) for one in (second, third)] == [True, False]
    assert not keep(kept, b"y" * 1_001, "large"), "larger than all the room there is"
    assert kept.holds(second), "nothing went for it"
    # What went comes back with the same content, for whoever used it.
    assert keep(kept, bytes([1]) * 400, "other") == first
    assert content(kept, first) == bytes([1]) * 400


def test_guests_make_nothing_of_the_owners_go(kept: KeptUploads) -> None:
    owners = [keep(kept, bytes([n]) * 300, f"o{n}", now=n) for n in (1, 2)]
    guests = [keep(kept, bytes([n]) * 200, f"g{n}", now=n, guests=True) for n in (3, 4, 5, 6)]
    assert all(map(kept.holds, owners))
    assert [kept.holds(one) for one in guests] == [False, False, True, True]
    assert not keep(kept, b"x" * 501, "g", guests=True), "over half of the room"
    # The owner's new ones take the guests' room first, though it is younger.
    owners.append(keep(kept, b"y" * 300, "o3", now=7))
    assert all(map(kept.holds, owners))
    assert not any(map(kept.holds, guests[:3]))
    # What the owner uploads too is the owner's, and stays so.
    shared = keep(kept, b"z" * 100, "g", guests=True, now=8)
    assert keep(kept, b"z" * 100, "o", now=9) == shared
    assert keep(kept, b"z" * 100, "g2", guests=True, now=10) == shared
    keep(kept, b"w" * 400, "g3", guests=True, now=11)
    assert kept.holds(shared)


def test_what_is_read_from_here_stays_whose_it_was_and_as_old(kept: KeptUploads) -> None:
    guests = keep(kept, b"g" * 200, "g", guests=True, now=1)
    owners = keep(kept, b"o" * 200, "o", now=1)
    for one, content in ((guests, b"g"), (owners, b"o")):
        assert keep(kept, content * 200, "again", guests=None, space="newer-v1", now=9) == one
    keep(kept, b"x" * 700, "x", now=10)
    assert (kept.holds(guests), kept.holds(owners)) == (False, True), "a guest's goes first"
    keep(kept, b"y" * 200, "y", now=11)
    assert not kept.holds(owners), "the oldest of the owner's"


def test_where_none_is_to_go_a_new_one_is_refused(tmp_path: Path) -> None:
    kept = KeptUploads(tmp_path / "kept", most_bytes=1_000, oldest_out=False)
    first = keep(kept, b"a" * 600, "a")
    kept.check_room(300, guests=False, waiting_bytes=400)
    with pytest.raises(NoRoomForUploads) as refused:
        kept.check_room(300, guests=False, waiting_bytes=401)
    assert refused.value.reason == "KEPT_UPLOADS_FULL"
    with pytest.raises(NoRoomForUploads):
        kept.check_room(300, guests=True, waiting_bytes=300)
    assert keep(kept, b"b" * 500, "b"), "it was accepted before"
    assert kept.holds(first)


def test_uses_are_told_in_pages_by_space_and_age(kept: KeptUploads) -> None:
    for number in range(5):
        keep(kept, bytes([number]), f"t{number}", now=number)
    other = keep(kept, b"other", "t0", space="other-v1", now=1)
    assert len(kept.uses(limit=10)) == 6
    assert kept.uses(limit=10, space="other-v1") == [Use("t0", "other-v1", other, "t0.mp3")]
    assert [use.track_id for use in kept.uses(limit=9, space=SPACE, older_than=2)] == ["t0", "t1"]
    page = kept.uses(limit=3, space=SPACE)
    last = page[-1]
    rest = kept.uses(limit=3, space=SPACE, after=(last.track_id, last.space, last.sha256))
    assert [use.track_id for use in page + rest] == [f"t{n}" for n in range(5)]
    kept.release_uses([Use("t0", SPACE, digest_of(b"\0"), "")])
    assert not kept.holds(digest_of(b"\0"))
    assert kept.holds(other), "the other model's track still uses it"


@pytest.mark.parametrize("name", ["", "..", "../x", "0" * 63, "0" * 64 + "/..", "A" * 64])
def test_what_is_no_hash_names_no_file(kept: KeptUploads, name: str) -> None:
    assert not kept.holds(name)
    for ask in (content, KeptUploads.path):
        with pytest.raises(AudioGone):
            ask(kept, name)


def test_a_damaged_file_is_noticed_when_it_is_read_whole(kept: KeptUploads) -> None:
    sha256 = keep(kept, b"audio", "a")
    file, digest = kept.open_whole(sha256, largest_bytes=10)
    file.close()
    assert digest == sha256
    kept.path(sha256).write_bytes(b"audiO")
    with pytest.raises(AudioGone, match="damaged"):
        kept.open_whole(sha256, largest_bytes=10)


def test_settings_say_whether_anything_is_kept(tmp_path: Path) -> None:
    assert KeptUploads.of(KeptUploadSettings()) is None
    assert KeptUploads.of(KeptUploadSettings(str(tmp_path), 0)) is None
    kept = KeptUploads.of(KeptUploadSettings(str(tmp_path), 3))
    assert kept is not None
    assert kept.room().most_bytes == 3 * 1024 * 1024


def test_processes_at_the_same_time_keep_to_the_bound(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_kept_uploads import keep\n"
        "from segue.media.kept_uploads import KeptUploads\n"
        "kept = KeptUploads(Path(sys.argv[2]), most_bytes=1_000)\n"
        "for n in range(20):\n"
        "    assert keep(kept, f'{sys.argv[3]} {n}'.encode().ljust(90), f'{sys.argv[3]}-{n}')\n"
        "    if n % 3 == 0: kept.release([f'{sys.argv[3]}-{n}'])\n"
    )
    here = str(Path(__file__).parent)
    with ThreadPoolExecutor(3) as threads:
        ended = threads.map(
            lambda name: subprocess.run(
                [sys.executable, "-c", script, here, tmp_path / "kept", name], check=False,
                capture_output=True, text=True,
            ),
            "abc",
        )  # fmt: skip
        for one in ended:
            assert one.returncode == 0, one.stderr
    kept = KeptUploads(tmp_path / "kept", most_bytes=1_000)
    room = kept.room()
    assert room.used_bytes == 90 * room.files <= 1_000
    assert len(files(kept)) == room.files > 0
    assert {use.sha256 for use in kept.uses(limit=1_000) if kept.holds(use.sha256)} == files(kept)


KILLED = """
import os, signal, sqlite3, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_kept_uploads import keep
from segue.media.kept_uploads import KeptUploads
steps, most = 0, int(sys.argv[3])
def step(*_):
    global steps
    steps += 1
    if steps == most:
        os.kill(os.getpid(), signal.SIGKILL)
def counted(event, arguments):
    opened = event == "open" and "kept" in str(arguments[0])
    if opened or event in ("os.rename", "os.link", "os.remove", "os.mkdir"):
        step()
kept = KeptUploads(Path(sys.argv[2]), most_bytes=1_000)
connect = sqlite3.connect
class Stepping(sqlite3.Connection):
    def __exit__(self, *end):
        step()
        return super().__exit__(*end)
sqlite3.connect = lambda *given, **named: connect(*given, factory=Stepping, **named)
sys.addaudithook(counted)
keep(kept, b"n" * 600, "new")
kept.release(["old"])
print("whole")
"""


def test_a_kill_at_any_point_leaves_what_is_tidied_up(tmp_path: Path) -> None:
    here, ended_whole = str(Path(__file__).parent), False
    for most in range(1, 80):
        kept = KeptUploads(tmp_path / f"kept-{most}", most_bytes=1_000)
        old = keep(kept, b"o" * 600, "old")
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, here, tmp_path / f"kept-{most}", str(most)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        ended_whole = ended.returncode == 0
        assert ended_whole or ended.returncode == -signal.SIGKILL, ended.stderr
        new = digest_of(b"n" * 600)
        # Whatever stands there is whole, and known.
        for sha256 in files(kept):
            assert len(content(kept, sha256)) == 600
        # The attempt is made again, as a worker's is, and then nothing is left of the first.
        assert keep(kept, b"n" * 600, "new") == new
        kept.release(["old"])
        kept.tidy(now=time.time() + 2 * kept_uploads.ABANDONED_SECONDS)
        assert files(kept) == {new}
        assert not kept.holds(old)
        assert kept.room().used_bytes == 600
        assert not list((tmp_path / f"kept-{most}").glob("incoming-*"))
        if ended_whole:
            break
    assert ended_whole, "the last run came to its end"
