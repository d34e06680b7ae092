"""Which addresses a worker connects to: the attempts of the outside to reach the inside."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from typing import Any

import httpcore
import pytest

from segue.errors import SourceForbidden
from segue.ingest.addresses import CheckedNetwork, is_permitted

PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"]
INSIDE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "192.0.0.8", "192.0.2.1", "192.168.0.1", "192.88.99.1", "198.18.0.1", "203.0.113.7",
    "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1",
    "ff0e::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    assert is_permitted(ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
def test_all_others_are_not(address: str) -> None:
    assert not is_permitted(ip_address(address))


def test_networks_of_the_setting_are_permitted_and_nothing_beside_them() -> None:
    networks = [ip_network("10.1.0.0/16"), ip_network("fd12::/16")]
    assert is_permitted(ip_address("10.1.2.3"), networks)
    assert is_permitted(ip_address("::ffff:10.1.2.3"), networks)
    assert is_permitted(ip_address("fd12::1"), networks)
    assert not is_permitted(ip_address("10.2.0.1"), networks)
    assert not is_permitted(ip_address("127.0.0.1"), networks)


@pytest.fixture
async def listener() -> AsyncIterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def was_reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
     "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "0"],
)  # fmt: skip
async def test_no_spelling_of_the_loopback_is_connected_to(
    listener: socket.socket, host: str
) -> None:
    with pytest.raises((SourceForbidden, httpcore.ConnectError)):
        await CheckedNetwork().connect_tcp(host, listener.getsockname()[1], 5)
    assert not was_reached(listener)


async def test_an_allowed_network_is_connected_to(listener: socket.socket) -> None:
    network = CheckedNetwork([ip_network("127.0.0.0/8")])
    stream = await network.connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
    assert was_reached(listener)
    await stream.aclose()


async def test_a_name_that_changes_its_answer_is_not_asked_twice(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    asked: list[str] = []

    def resolver(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        # Where the first answer would be checked and the second one used, this gets in.
        address = "240.0.0.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with pytest.raises((SourceForbidden, httpcore.ConnectError)):
        # 240.0.0.0/4 is nowhere, and allowed here so that the connection is tried.
        await CheckedNetwork([ip_network("240.0.0.0/4")]).connect_tcp("rebound.test", port, 2)
    assert asked[0] == "rebound.test"
    assert not was_reached(listener)


async def test_of_several_addresses_only_permitted_ones_are_tried(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]

    def resolver(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    network = CheckedNetwork([ip_network("127.0.0.1")])
    await (await network.connect_tcp("two.test", port, 5)).aclose()
    assert was_reached(listener)
    with pytest.raises(SourceForbidden, match=r"127\.0\.0\.2, 127\.0\.0\.1") as refused:
        await CheckedNetwork().connect_tcp("two.test", port, 5)
    assert "SEGUE_SOURCE_NETWORKS" in refused.value.next_step


async def test_a_socket_of_this_machine_is_refused() -> None:
    with pytest.raises(SourceForbidden):
        await CheckedNetwork().connect_unix_socket("/run/docker.sock")
