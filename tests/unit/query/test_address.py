"""Addresses that are kept free until they are listened on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from segue.query.address import reserve
from segue.settings import InvalidSetting


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "[::]"])
async def test_a_reserved_address_refuses_callers_and_can_be_listened_on(host: str) -> None:
    if host == "[::]" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    reserved = await reserve(f"{host}:0")
    port = port_of(reserved.address)
    assert reserved.address == f"{host}:{port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=60)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    reserved.release()
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        with pytest.raises(InvalidSetting, match="Address already in use"):
            await reserve(f"{host}:{port}")


async def test_what_is_left_of_ended_connections_is_in_nobodys_way() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), timeout=60)
        # Who closes first keeps the connection in TIME-WAIT.
        server.accept()[0].close()
        assert client.recv(1) == b""
        client.close()
    (await reserve(f"127.0.0.1:{port}")).release()


@pytest.mark.parametrize(
    ("listen", "complaint"),
    [
        ("", "is not HOST:PORT"),
        ("50051", "is not HOST:PORT"),
        ("nowhere:port", "is not HOST:PORT"),
        ("127.0.0.1:65536", "is not HOST:PORT"),
        ("127.0.0.1:-1", "is not HOST:PORT"),
        ("no such host:50051", "names no host"),
        ("192.0.2.1:50051", "cannot be listened on"),
    ],
)
async def test_a_wrong_address_is_told_with_its_variable(listen: str, complaint: str) -> None:
    with pytest.raises(InvalidSetting, match=f"SEGUE_LISTEN = .* {complaint}"):
        await reserve(listen)


async def test_a_file_is_left_to_the_server(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/segue.sock"
    reserved = await reserve(address)
    assert reserved.address == address
    reserved.release()
