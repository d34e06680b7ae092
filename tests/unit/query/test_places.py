"""Places are bounded in all and for each machine, and guests leave some to the owner."""

from __future__ import annotations

from contextlib import suppress
from contextvars import copy_context

import pytest

from segue.callers import Call, Caller, set_call
from segue.errors import Overloaded
from segue.query.places import Held, Places, Visitor


class Context:
    def __init__(self, peer: str) -> None:
        self.peer = lambda: peer


def places(total: int = 16, share_of_one: float = 0.5) -> Places:
    return Places("test", total, share_of_one=share_of_one, reason="TOO_MANY_TESTS", what="tests")


def guest(machine: str) -> Visitor:
    return Visitor(owner=False, machine=machine, connection=f"{machine}:1")


OWNER = Visitor(owner=True, machine="127.0.0.1", connection="127.0.0.1:2")


def taken_until_refused(some: Places, who: Visitor) -> int:
    taken = 0
    refused: Overloaded | None = None
    while refused is None:
        try:
            some.take(who)
            taken += 1
        except Overloaded as error:
            refused = error
    assert (refused.reason, refused.retry_after_seconds) == ("TOO_MANY_TESTS", 1.0)
    return taken


def test_one_machine_all_guests_and_the_owner_have_bounds_of_their_own() -> None:
    some = places()
    assert taken_until_refused(some, guest("a")) == 8
    assert taken_until_refused(some, guest("b")) == 4
    assert taken_until_refused(some, guest("c")) == 0
    assert taken_until_refused(some, OWNER) == 4
    assert some.in_use == 16
    for who, count in ((guest("a"), 8), (guest("b"), 4), (OWNER, 4)):
        for _ in range(count):
            some.give_back(who)
    assert some.in_use == 0
    assert taken_until_refused(some, OWNER) == 16, "the owner may take all that is free"


def account(name: str) -> Visitor:
    return Visitor(owner=False, machine="127.0.0.1", connection=f"1 {name}", account=name)


def test_an_account_has_a_quarter_whatever_the_owners_page_shows() -> None:
    some = places(share_of_one=1.0)
    assert taken_until_refused(some, account("ann")) == 4
    assert taken_until_refused(some, account("bob")) == 4
    assert taken_until_refused(some, guest("127.0.0.1")) == 4, "guests are no account"
    assert taken_until_refused(some, account("cem")) == 0
    assert taken_until_refused(some, OWNER) == 4
    assert some.most_of(account("ann")) == 4
    assert (account("ann").kind, account("ann").line[0]) == ("listener", "account ann")


def test_behind_a_proxy_one_machine_may_be_all_guests() -> None:
    assert taken_until_refused(places(share_of_one=1.0), guest("proxy")) == 12


def test_a_place_is_given_back_when_its_block_fails() -> None:
    some = places()
    with suppress(ZeroDivisionError), some.taken(guest("a")):
        assert some.in_use == 1 // 0
    assert some.in_use == 0


def test_what_is_held_grows_and_shrinks_and_goes() -> None:
    some = places(total=100)
    with Held(some, guest("a")) as held:
        held.resize(40)
        with pytest.raises(Overloaded):
            held.resize(60)
        assert some.in_use == 40, "what was refused changes nothing"
        held.resize(10)
        assert some.in_use == 10
    assert some.in_use == 0


def visitor(peer: str, caller: Caller, counted_for: str = "") -> Visitor:
    """Who makes a call; who the caller is does not outlive it."""

    def call() -> Visitor:
        set_call(Call(caller, counted_for=counted_for))
        return Visitor.of(Context(peer))

    return copy_context().run(call)


def test_a_machine_is_an_address_without_its_port() -> None:
    peer = "ipv6:%5B2001:db8:1:2:3:4:5:6%5D:50123"
    who = visitor(peer, Caller.GUEST)
    assert (who.machine, who.connection, who.owner) == ("2001:db8:1:2::", peer, False)
    assert who.line == (who.machine, peer)


def test_the_owner_waits_in_a_line_of_their_own() -> None:
    who = visitor("ipv4:127.0.0.1:50123", Caller.OWNER)
    assert (who.owner, who.kind, who.line[0]) == (True, "owner", "owner")
    assert not visitor("ipv4:127.0.0.1:50123", Caller.ADMITTED).owner, "that is not proven"


def test_what_the_owners_page_asks_for_an_account_is_not_the_owners() -> None:
    who = visitor("ipv4:127.0.0.1:50123", Caller.OWNER, "ann")
    assert (who.owner, who.account, who.counted) == (False, "ann", "account ann")
    assert who.connection == "ipv4:127.0.0.1:50123 ann"
