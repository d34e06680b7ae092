"""The data folder of an embedded stack: what lies where, who holds it, what runs in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from segue import user_folders
from segue.errors import SegueError, Unavailable
from segue.secret_file import make_secret

_EARLIER_QUEUE = "redis"


class StackNotFound(Unavailable):
    """No stack answers where the command looked for one."""

    reason = "STACK_NOT_FOUND"
    next_step = "Start one with: segue up"


class FolderUnusable(SegueError):
    """The data folder cannot be created or written."""

    reason = "FOLDER_UNUSABLE"
    next_step = "Choose a folder of your own with --data or SEGUE_DATA."


class FolderInUse(SegueError):
    """Another supervisor holds the data folder."""

    reason = "FOLDER_IN_USE"
    next_step = "Stop the other one first, or give this one a folder of its own with --data."


@dataclass(frozen=True, slots=True)
class PartState:
    """One running part, as written to ``stack.json``.

    Attributes
    ----------
    address
        Where the part serves: ``host:port`` or ``unix:/path``, or empty.
    metrics
        ``host:port/path`` of its Prometheus metrics, or empty.
    pid
        Process id, or None while it is down.
    """

    address: str = ""
    metrics: str = ""
    pid: int | None = None
    ready: bool = False
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class StackState:
    """What ``stack.json`` says of a running stack."""

    pid: int
    address: str
    model: str
    device: str
    state: str = "starting"
    shared_memory_prefix: str = ""
    socket_folder: str = ""
    parts: dict[str, PartState] = field(default_factory=dict)

    def to_json(self) -> str:
        """The state as the text of ``stack.json``."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> StackState:
        """Read back :meth:`to_json`. Raises ``ValueError`` when the text is something else."""
        try:
            fields: dict[str, Any] = json.loads(text)
            parts = {name: PartState(**part) for name, part in fields.pop("parts").items()}
            return cls(**fields, parts=parts)
        except (KeyError, TypeError, AttributeError) as exc:
            raise ValueError("not the state of a stack") from exc


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths of one embedded stack. All of them lie below ``root``."""

    root: Path

    @classmethod
    def default(cls) -> DataFolder:
        """The folder of ``SEGUE_DATA``, else ``segue`` in the user's XDG data directory."""
        given = os.environ.get("SEGUE_DATA")
        if given:
            return cls(Path(given).expanduser().resolve())
        return cls(user_folders.data_folder().resolve())

    @property
    def queue(self) -> Path:
        """Append-only file of the queue."""
        return self.root / "queue"

    @property
    def index(self) -> Path:
        """Embedded vector index."""
        return self.root / "index"

    @property
    def spool(self) -> Path:
        """Uploaded files that wait for the worker."""
        return self.root / "spool"

    @property
    def uploads(self) -> Path:
        """Uploads whose audio is kept."""
        return self.root / "uploads"

    @property
    def listeners(self) -> Path:
        """What listeners did, in Parquet files."""
        return self.root / "listeners"

    @property
    def web(self) -> Path:
        """What the page was sent, and its accounts."""
        return self.root / "web"

    @property
    def logs(self) -> Path:
        """One rotated log per part."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What only matters while the stack runs; emptied at every start."""
        return self.root / "run"

    @property
    def triton(self) -> Path:
        """Prepared backends of the inference server."""
        return self.root / "triton"

    @property
    def state_file(self) -> Path:
        """Addresses and process ids of the running stack."""
        return self.root / "stack.json"

    @property
    def targets_file(self) -> Path:
        """Prometheus file_sd targets of the running stack."""
        return self.root / "prometheus-targets.json"

    @property
    def owner_token_file(self) -> Path:
        """The token by which whoever may read this folder is known as the stack's owner."""
        return self.root / "owner-token"

    @property
    def queue_password_file(self) -> Path:
        """The password of the queue."""
        return self.root / "queue-password"

    @property
    def lock_file(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.root / "lock"

    def prepare(self) -> None:
        """Create the folders and secrets, closed to everybody else.

        Raises
        ------
        FolderUnusable, SecretFileUnusable
            When they cannot be created and written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in (
                *(self.queue, self.index, self.spool, self.uploads, self.listeners),
                *(self.web, self.logs, self.run, self.triton),
            ):
                path.mkdir(exist_ok=True, mode=0o700)
        except OSError as exc:
            raise FolderUnusable(f"{self.root} cannot be made: {exc.strerror}") from exc
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise FolderUnusable(f"{self.root} cannot be written")
        for secret in (self.owner_token_file, self.queue_password_file):
            make_secret(secret)

    def take_over_queue(self) -> None:
        """Bring the queue of an earlier version to its place; call it only while nothing runs here.

        Raises
        ------
        FolderUnusable
            When that cannot be done, as when both places hold a queue.
        """
        earlier = self.root / _EARLIER_QUEUE
        with contextlib.suppress(OSError):
            earlier.rmdir()  # an empty one
        try:
            if earlier.is_dir():
                earlier.replace(self.queue)
        except OSError as exc:
            raise FolderUnusable(
                f"{earlier}, where an earlier version kept its queue, cannot become {self.queue}: "
                f"{exc.strerror}",
                next_step="When both hold files, an earlier and a later version ran here in turn: "
                "move the one whose jobs you can do without to another place, and start again.",
            ) from exc

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder against other supervisors; the system lets go when the holder dies.

        Raises
        ------
        FolderInUse
            When another process holds it.
        """
        while True:
            with self.lock_file.open("a+") as lock:
                if not _try_lock(lock):
                    lock.seek(0)
                    holder = lock.read().strip() or "unknown"
                    raise FolderInUse(f"a stack (process {holder}) already runs in {self.root}")
                if not _is_still(lock, self.lock_file):
                    continue  # its last holder removed it between our open and our lock
                lock.truncate(0)
                lock.write(f"{os.getpid()}\n")
                lock.flush()
                try:
                    yield
                finally:
                    self.lock_file.unlink(missing_ok=True)
                return

    def held(self) -> bool:
        """Whether a living supervisor holds the folder."""
        try:
            with self.lock_file.open("r") as lock:
                return not _try_lock(lock)
        except FileNotFoundError:
            return False

    def write_state(self, state: StackState) -> None:
        """Write ``stack.json`` whole: a reader sees the old one or the new one."""
        write_whole(self.state_file, state.to_json())

    def read_state(self) -> StackState | None:
        """The last written state, whether or not its stack still lives; None when unreadable."""
        try:
            return StackState.from_json(self.state_file.read_text())
        except (OSError, ValueError):
            return None

    def running(self) -> StackState:
        """State of the stack that runs here now.

        Raises
        ------
        StackNotFound
            When none does.
        """
        state = self.read_state()
        if state is None or not self.held():
            raise StackNotFound(
                f"no stack runs in {self.root}",
                next_step=f"Start one with: segue up --data {self.root}  "
                "(or name a deployed one with --address HOST:PORT or SEGUE_ADDRESS).",
            )
        return state


def write_whole(path: Path, text: str) -> None:
    """Replace a file's text in one step."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)


def _try_lock(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(file: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
