"""The embedded Valkey, as the stack starts it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import redis

from segue.secret_file import read_secret
from segue.stack.folder import DataFolder
from segue.stack.supervisor import recover
from segue.stack.valkey import SOCKET, USER, valkey_command, write_configuration
from waiting import until


def asked(folder: Path, question: str, *words: str) -> object:
    """Start Valkey over a folder, ask it one command, kill it."""
    stack = DataFolder(folder.parent / "stack")
    stack.prepare()
    # The socket of the one before lies there still, as after a crash.
    socket = stack.run / SOCKET
    configuration = write_configuration(stack, socket, memory_mb=64)
    command = valkey_command(folder, configuration=configuration)
    credentials = {"username": USER, "password": read_secret(stack.queue_password_file)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            with redis.Redis(
                unix_socket_path=str(socket), decode_responses=True, **credentials
            ) as client:

                def answers() -> bool:
                    assert server.poll() is None
                    return bool(client.ping())

                until(answers, not_yet=redis.ConnectionError)
                return client.execute_command(question, *words)
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
