"""One address of the queue, in the words of both of its clients."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from kombu import Connection
from kombu.transport.redis import Channel

from segue.errors import SegueError
from segue.jobs.address import broker_url, client_options
from segue.secret_file import SecretFileUnusable
from segue.settings import InvalidSetting, QueueSettings

PASSWORD = "p@ss/word:with?marks#"


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("redis://127.0.0.1:6379/3", False),
        ("redis://segue@127.0.0.1:6379/3", True),
        ("redis://segue:0123456789abcdef@127.0.0.1:6379/3", False),
        ("redis://:0123456789abcdef@127.0.0.1:6379/3", False),
        ("unix:///run/queue.sock?db=3", False),
        ("unix://segue@/run/queue.sock?db=3", True),
        ("unix://segue:0123456789abcdef@/run/queue.sock?db=3", False),
    ],
)
def test_both_clients_go_to_the_same_place(tmp_path: Path, url: str, given: bool) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    settings = QueueSettings(redis_url=url, redis_password_file=str(file) if given else "")
    with redis.Redis.from_url(**client_options(settings)) as client:
        ours = client.connection_pool.connection_kwargs
    # A channel that is told where to connect to, and does not.
    channel = object.__new__(Channel)
    channel.connection = Connection(broker_url(settings)).transport
    parameters = channel._connparams()
    for name in ("host", "port", "path", "db"):
        assert parameters.get(name) == ours.get(name), name
    for name in ("username", "password"):
        assert (parameters.get(name) or None) == (ours.get(name) or None), name
    if given:
        assert ours["password"] == PASSWORD


def test_a_password_file_that_cannot_be_read_is_told_of() -> None:
    settings = QueueSettings(redis_password_file="/nowhere/password")
    for read in (client_options, broker_url):
        with pytest.raises(SecretFileUnusable, match="/nowhere/password"):
            read(settings)


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(SegueError, match="SEGUE_REDIS_URL has scheme 'http'") as refused:
        QueueSettings(redis_url="http://127.0.0.1:6379")
    assert isinstance(refused.value, InvalidSetting)
