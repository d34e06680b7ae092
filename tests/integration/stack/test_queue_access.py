"""The embedded queue, as the stack starts it, against whoever should not use it so."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import redis

from other_user import as_other_user, open_folder
from segue.interactions import Interaction, InteractionKind
from segue.jobs.address import broker_url, client_options
from segue.jobs.listener_store import ListenerStore
from segue.query.listener_keeper import ListenerKeeper
from segue.secret_file import read_secret
from segue.settings import ListenerSettings, QueueSettings
from segue.stack.folder import DataFolder
from segue.stack.valkey import SOCKET, USER, valkey_command, write_configuration
from waiting import until, until_async
from whole_folder import whole_folder


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


@pytest.fixture
def server(folder: DataFolder) -> Iterator[subprocess.Popen[bytes]]:
    configuration = write_configuration(folder, folder.run / SOCKET, memory_mb=64)
    command = valkey_command(folder.queue, configuration=configuration)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:

        def listens() -> bool:
            assert process.poll() is None
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(os.fspath(folder.run / SOCKET))
            return True

        until(listens, not_yet=OSError)
        yield process
        process.kill()


@pytest.fixture
def settings(folder: DataFolder, server: subprocess.Popen[bytes]) -> QueueSettings:
    assert server.poll() is None
    return QueueSettings(
        redis_url=f"unix://{USER}@{folder.run / SOCKET}?db=0",
        redis_password_file=os.fspath(folder.queue_password_file),
    )


def test_who_knows_the_password_uses_it(settings: QueueSettings) -> None:
    with redis.Redis.from_url(**client_options(settings)) as client:
        assert client.set("job", "accepted") is True
        assert client.register_script("return redis.call('GET', 'job')")() == b"accepted"
        assert client.info("memory")["maxmemory"] == 64 * 1024 * 1024
        assert client.info("memory")["maxmemory_policy"] == "noeviction"


async def test_its_log_is_written_anew_without_who_is_forgotten(
    settings: QueueSettings, folder: DataFolder
) -> None:
    recorded = ListenerSettings(listeners_folder=str(folder.listeners))
    store = ListenerStore(settings, recorded)
    keeper = ListenerKeeper(store, recorded)
    moment = datetime.now(UTC)

    def on_the_disk(listener: bytes) -> bool:
        return any(listener in content for content in whole_folder(folder.root).values())

    try:
        users = ("marker-one", "marker-two")
        done = [Interaction(user, "a", InteractionKind.PLAY, moment) for user in users]
        await store.record(done)
        assert on_the_disk(b"marker-one")
        await keeper.forget("marker-one")
        await keeper.look()
        await until_async(lambda: not on_the_disk(b"marker-one"))
        assert on_the_disk(b"marker-two")
        assert not await store.log_is_old()
        assert [play.track_id for play in await store.plays("marker-two")] == ["a"]
    finally:
        await keeper.close()


@pytest.mark.parametrize(
    "words",
    [
        ("CONFIG", "SET", "dir", "/tmp"),
        ("CONFIG", "GET", "dir"),
        ("SAVE",),
        ("BGSAVE",),
        ("SHUTDOWN", "NOSAVE"),
        ("MODULE", "LOAD", "/tmp/evil.so"),
        ("REPLICAOF", "127.0.0.1", "1"),
        ("ACL", "SETUSER", "default", "on", "nopass", "~*", "+@all"),
        ("DEBUG", "SLEEP", "0"),
        ("FLUSHALL",),
        ("KEYS", "*"),
        ("MONITOR",),
        ("CLIENT", "KILL", "ID", "1"),
        ("MIGRATE", "127.0.0.1", "1", "job", "0", "1"),
        ("EVAL", "return redis.call('CONFIG', 'SET', 'dir', '/tmp')", "0"),
        ("EVAL", "return redis.call('FLUSHALL')", "0"),
    ],
    ids=" ".join,
)
def test_nobody_administers_it(settings: QueueSettings, words: tuple[str, ...]) -> None:
    with redis.Redis.from_url(**client_options(settings)) as client:
        client.set("job", "accepted")
        with pytest.raises(redis.ResponseError, match=r"permission|not allowed"):
            client.execute_command(*words)
        assert client.get("job") == b"accepted"


@pytest.mark.parametrize("credentials", ["", "segue:wrong@", ":wrong@", "default:@"])
def test_nobody_uses_it_without_the_password(
    settings: QueueSettings, folder: DataFolder, credentials: str
) -> None:
    url = f"unix://{credentials}{folder.run / SOCKET}?db=0"
    with (
        redis.Redis.from_url(url) as stranger,
        pytest.raises((redis.AuthenticationError, redis.ResponseError), match=r"(?i)auth|pass"),
    ):
        stranger.ping()


def test_it_has_no_port_and_its_password_stands_in_no_command_line(
    server: subprocess.Popen[bytes], settings: QueueSettings, folder: DataFolder
) -> None:
    process = psutil.Process(server.pid)
    assert not process.net_connections("inet")
    password = read_secret(folder.queue_password_file)
    assert password not in " ".join(process.cmdline())
    assert password not in (folder.run / "queue.conf").read_text()
    assert password in broker_url(settings)


def test_other_users_cannot_reach_its_socket(
    server: subprocess.Popen[bytes], folder: DataFolder
) -> None:
    script = """
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print("connected", end="")
except OSError as error:
    print(type(error).__name__, end="")
"""
    with open_folder() as everybodys:
        # Even where they may walk up to it, and its folder was opened.
        os.link(folder.run / SOCKET, everybodys / SOCKET)
        told = as_other_user("import socket, sys\n", script, everybodys / SOCKET)
    assert told == "PermissionError"
    assert server.poll() is None
