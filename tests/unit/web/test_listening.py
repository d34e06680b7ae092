import socket

import pytest

from segue.settings import InvalidSetting
from segue.web.listening import bound_socket


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
def test_an_address_of_this_machine_is_bound(listen):
    with bound_socket(listen) as one:
        assert one.getsockname()[1] > 0


def test_one_that_is_taken_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InvalidSetting, match="cannot be listened on: Address already in use"):
            bound_socket(address)


@pytest.mark.parametrize(
    ("listen", "complaint"),
    [
        ("localhost", "is not HOST:PORT"),
        ("localhost:99999", "is not HOST:PORT"),
        ("192.0.2.1:0", "cannot be listened on"),
        ("nowhere.invalid:0", "names no host"),
    ],
)
def test_what_is_none_is_refused_with_its_name(listen, complaint):
    with pytest.raises(InvalidSetting, match=f"SEGUE_WEB_LISTEN = .*{complaint}"):
        bound_socket(listen)
