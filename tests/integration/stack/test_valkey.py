"""The embedded Valkey, as the stack starts it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import redis

from segue.stack.folder import DataFolder
from segue.stack.ports import free_ports
from segue.stack.supervisor import recover
from segue.stack.valkey import valkey_command


def asked(folder: Path, question: str, *words: str) -> object:
    """Start Valkey over a folder, ask it one command, kill it."""
    port = free_ports(1)[0]
    command = valkey_command(folder, host="127.0.0.1", port=port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            with redis.Redis(port=port, decode_responses=True) as client:
                deadline = time.monotonic() + 60
                while True:
                    try:
                        return client.execute_command(question, *words)
                    except redis.ConnectionError:
                        assert server.poll() is None
                        assert time.monotonic() < deadline
                        time.sleep(0.02)
        finally:
            server.kill()


def test_an_acknowledged_write_outlives_sigkill(tmp_path: Path) -> None:
    assert asked(tmp_path, "SET", "job", "accepted") is True
    assert asked(tmp_path, "GET", "job") == "accepted"


def test_the_file_of_an_earlier_redis_is_taken_over(tmp_path: Path) -> None:
    words = ("SET", "job", "accepted")
    lines = [f"*{len(words)}", *(line for word in words for line in (f"${len(word)}", word))]
    # Redis 6.2 kept one file, which may end in a write that a crash cut off.
    (tmp_path / "appendonly.aof").write_text("\r\n".join([*lines, "*3", "$3", "SE"]), newline="")
    assert asked(tmp_path, "GET", "job") == "accepted"
    assert (tmp_path / "appendonlydir").is_dir()
    assert asked(tmp_path, "GET", "job") == "accepted"


def test_a_data_folder_of_an_earlier_version_keeps_its_jobs(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    earlier = folder.root / "redis"
    earlier.mkdir()
    assert asked(earlier, "SET", "job", "accepted") is True
    folder.prepare()
    recover(folder)
    assert asked(folder.queue, "GET", "job") == "accepted"
    assert not earlier.exists()
