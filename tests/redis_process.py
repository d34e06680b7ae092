"""A real Valkey server for tests: appends every write to its file, and can be killed.

Fixtures: ``redis_process`` (a server of the test's own) and ``redis_url`` (its address).
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from segue.stack.ports import free_ports
from segue.stack.valkey import valkey_server
from waiting import until


class RedisProcess:
    """A valkey-server on a free port of the loopback, with its data in ``folder``."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_ports(1)[0]

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start (again), on the same port and data; returns when it answers."""
        assert self._process is None
        self._folder.mkdir(exist_ok=True)
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._binary, "--port", str(self.port), "--bind", "127.0.0.1"),
                    *("--dir", self._folder, "--save", "", "--daemonize", "no"),
                    *("--appendonly", "yes", "--appendfsync", "always"),
                ],
                stdout=log,
                stderr=log,
            )
        process = self._process
        with contextlib.closing(redis.Redis.from_url(self.url, retry=None)) as client:

            def answers() -> bool:
                assert process.poll() is None, (self._folder / "redis.log").read_text()
                return bool(client.ping())

            until(answers, every=0.01, not_yet=redis.exceptions.ConnectionError)

    def kill(self) -> None:
        """SIGKILL: nothing is said to its clients, nothing is flushed."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP: its connections stand, and nothing is answered until the block ends."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill it when it runs."""
        if self._process is not None:
            self.kill()


@pytest.fixture
def redis_process(tmp_path: Path) -> Iterator[RedisProcess]:
    """A server of the test's own, running."""
    server = RedisProcess(valkey_server(), tmp_path / "redis")
    server.start()
    yield server
    server.close()


@pytest.fixture
def redis_url(redis_process: RedisProcess) -> str:
    """Address of a server of the test's own."""
    return redis_process.url
