import socket
from dataclasses import astuple

import pytest

from segue.stack.ports import PortInUse, choose_ports, is_free


def test_a_base_gives_neighbouring_ports():
    base = choose_ports(0).query

    ports = astuple(choose_ports(base))

    assert ports == tuple(range(base, base + len(ports)))


def test_free_ports_can_all_be_listened_on():
    ports = astuple(choose_ports(0))

    assert len(set(ports)) == len(ports)
    assert all(is_free(port, "127.0.0.1") for port in ports)


def test_the_api_can_have_a_port_of_its_own():
    base, own = choose_ports(0), choose_ports(0)

    assert choose_ports(base.query, query=own.query).query == own.query


def test_a_taken_port_is_named_with_its_part():
    base = choose_ports(0)
    with (
        socket.create_server(("127.0.0.1", base.collaborative)),
        pytest.raises(PortInUse, match=rf"port {base.collaborative} \(for collab") as refusal,
    ):
        choose_ports(base.query)

    assert refusal.value.reason == "PORT_IN_USE"
    assert "--port-base" in refusal.value.next_step


@pytest.mark.parametrize("base", [-1, 65_535])
def test_a_base_without_room_for_all_ports_is_refused(base):
    with pytest.raises(PortInUse):
        choose_ports(base)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(PortInUse, match="cannot listen on"):
        choose_ports(0, host="192.0.2.1")


def test_the_page_is_looked_at_where_it_listens():
    with pytest.raises(PortInUse, match=r"cannot listen on 192\.0\.2\.1"):
        choose_ports(0, page_host="192.0.2.1")
