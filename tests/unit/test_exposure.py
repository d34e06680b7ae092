"""Where others may listen in is listened only when that is said."""

from __future__ import annotations

import pytest

from segue.exposure import check_listening
from segue.settings import InvalidSetting


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:1",
        "127.9.9.9:1",
        "[::1]:1",
        "::1:1",
        "localhost:1",
        "unix:/run/s",
        "unix-abstract:s",
    ],
)
def test_this_machine_may_always_be_listened_to(address: str) -> None:
    check_listening(address, insecure=False)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:1",
        "[::]:1",
        ":::1",
        ":1",
        "*:1",
        "192.0.2.1:1",
        "music.example:1",
        "127.0.0.1.example:1",
    ],
)
def test_others_only_when_that_is_said(address: str) -> None:
    check_listening(address, insecure=True)
    with pytest.raises(InvalidSetting, match="reached by other machines") as refused:
        check_listening(address, insecure=False)
    assert refused.value.reason == "LISTEN_INSECURE"
    assert "--insecure or SEGUE_INSECURE=1" in refused.value.next_step
