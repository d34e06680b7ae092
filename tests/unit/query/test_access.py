"""For whom a call is made: whoever makes it, or the guest that the owner's page speaks for."""

import pytest

from segue.callers import (
    ACTING_FOR,
    COUNTED_FOR,
    LISTENING,
    Caller,
    current_call,
    current_caller,
)
from segue.errors import NotPermitted, Unauthenticated
from segue.mix import Mix
from segue.owner_token import token_metadata
from segue.query.access import Access, check_listeners
from segue.query.peers import connection_of, machine_of
from segue.seeds import ListenerSeed, Seeds, TrackSeed, WeightedSeed

TOKEN = "the-token-of-the-owner"
OWNER = token_metadata(TOKEN)
SEARCH = "/segue.v1.SimilarityService/SearchSimilarTracks"
DELETE = "/segue.v1.CatalogService/DeleteTrack"


class Call:
    def peer(self):
        return "ipv4:127.0.0.1:4711"


def test_who_shows_the_token_may_speak_for_a_guest():
    access = Access(TOKEN)
    access.admit(SEARCH, (*OWNER, (ACTING_FOR, "192.0.2.7")))

    assert current_caller() is Caller.GUEST
    assert machine_of(Call()) == "192.0.2.7"
    assert connection_of(Call()) == "ipv4:127.0.0.1:4711 192.0.2.7"
    with pytest.raises(NotPermitted):
        access.admit(DELETE, (*OWNER, (ACTING_FOR, "192.0.2.7")))

    access.admit(DELETE, OWNER)
    assert current_caller() is Caller.OWNER
    assert machine_of(Call()) == "127.0.0.1"


@pytest.mark.parametrize("told", ["", "nonsense", "192.0.2.7, 127.0.0.1", "owner"])
def test_a_guest_of_nowhere_is_still_a_guest(told):
    Access(TOKEN).admit(SEARCH, (*OWNER, (ACTING_FOR, told)))

    assert current_caller() is Caller.GUEST
    assert current_call().acting_for == "unknown"


def test_nobody_else_speaks_for_others():
    access = Access(TOKEN)
    access.admit(SEARCH, ((ACTING_FOR, "192.0.2.7"),))
    assert machine_of(Call()) == "127.0.0.1"

    with pytest.raises(Unauthenticated):
        access.admit(SEARCH, (*token_metadata("another-token-of-nobody"), (ACTING_FOR, "::1")))


def test_a_guest_has_a_mix_of_the_listener_that_the_owners_page_names_and_of_no_other():
    track = Seeds((WeightedSeed(TrackSeed("a")),))
    Access(TOKEN).admit(SEARCH, (*OWNER, (ACTING_FOR, "192.0.2.7"), (LISTENING, "ann")))

    assert current_caller() is Caller.GUEST
    check_listeners(track, Mix(user_id="ann"))
    check_listeners(track, Mix())
    with pytest.raises(NotPermitted, match="a mix for a listener"):
        check_listeners(track, Mix(user_id="bob"))
    with pytest.raises(NotPermitted, match="a listener as a seed"):
        check_listeners(Seeds((WeightedSeed(ListenerSeed("ann")),)), Mix(user_id="ann"))


def test_what_is_asked_for_an_account_has_the_owners_rights_and_is_counted_apart():
    access = Access(TOKEN)
    access.admit(DELETE, (*OWNER, (COUNTED_FOR, "ann")))
    assert (current_caller(), current_call().counted_for) == (Caller.OWNER, "ann")

    access.admit(SEARCH, (*OWNER, (ACTING_FOR, "192.0.2.7"), (COUNTED_FOR, "ann")))
    assert (current_caller(), current_call().counted_for) == (Caller.GUEST, "")


def test_nobody_else_is_counted_for_an_account():
    Access(TOKEN).admit(SEARCH, ((COUNTED_FOR, "ann"),))
    assert current_call().counted_for == ""


def test_nobody_else_says_which_listener_they_are():
    Access(TOKEN).admit(SEARCH, ((LISTENING, "ann"),))

    assert current_call().listener == ""
    with pytest.raises(NotPermitted):
        check_listeners(Seeds((WeightedSeed(TrackSeed("a")),)), Mix(user_id="ann"))
