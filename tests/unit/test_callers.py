"""Who may do what."""

from __future__ import annotations

import asyncio
from contextvars import Context

import pytest

from segue.callers import Call, Caller, current_caller, handed_on, set_call
from segue.errors import NotPermitted


def test_only_a_guest_is_refused_what_is_the_owners() -> None:
    Caller.OWNER.require_owner("deleting a track")
    Caller.ADMITTED.require_owner("deleting a track")
    with pytest.raises(NotPermitted, match="deleting a track is for the owner") as refused:
        Caller.GUEST.require_owner("deleting a track")
    assert refused.value.reason == "OWNER_ONLY"
    assert "SEGUE_OWNER_TOKEN_FILE" in refused.value.next_step
    assert not refused.value.retryable


async def test_the_caller_follows_the_task() -> None:
    async def call(caller: Caller) -> Caller:
        set_call(Call(caller))
        await asyncio.sleep(0)
        return current_caller()

    async def begin() -> None:
        assert current_caller() is Caller.GUEST
        assert await asyncio.gather(*map(call, Caller)) == list(Caller)
        assert current_caller() is Caller.GUEST

    # In a context in which no other test has named a caller.
    await asyncio.create_task(begin(), context=Context())


def test_texts_of_segue_are_handed_on_and_nothing_else() -> None:
    metadata = [
        ("x-segue-shop", "de"),
        ("authorization", "Bearer secret"),
        ("x-segue-list", "a"),
        ("x-segue-list", "b"),
        ("x-segue-raw-bin", b"\xff"),
        ("x-other", "c"),
    ]
    assert handed_on(metadata) == {"x-segue-shop": "de", "x-segue-list": "a,b"}
    assert handed_on(()) == {}
