"""Where a call comes from."""

from __future__ import annotations

import pytest

from segue.query.peers import machine_of


class Call:
    """A call as far as its place goes."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def peer(self) -> str:
        return self._peer


@pytest.mark.parametrize(
    ("peer", "machine"),
    [
        ("ipv4:192.168.1.7:50000", "192.168.1.7"),
        ("ipv6:%5B2001:db8:1:2:3::4%5D:50000", "2001:db8:1:2::"),
        ("ipv6:[2001:db8:1:2:ffff::1]:50001", "2001:db8:1:2::"),
        ("ipv6:[::ffff:192.168.1.7]:1", "192.168.1.7"),
        ("ipv6:[fe80::1%eth0]:1", "fe80::"),
        ("ipv6:[fe80::1%25eth0]:1", "fe80::"),
        ("ipv6:[::1]:1", "::"),
        ("unix:/run/a.sock", "local"),
        ("unix:", "local"),
        ("", "local"),
        ("ipv4:nonsense:1", "local"),
    ],
)
def test_a_machine_is_told_from_others(peer: str, machine: str) -> None:
    assert machine_of(Call(peer)) == machine
