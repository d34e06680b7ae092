"""Who calls, and how those who guess are slowed down."""

from __future__ import annotations

from pathlib import Path

import pytest

from open_subsonic.client import signed
from segue.errors import Overloaded
from segue.web.accounts import Accounts
from segue.web.attempts import AT_ONCE
from segue.web.subsonic.authentication import Authentication
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.parameters import Parameters


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    made = Accounts(tmp_path)
    made.add("Ann")
    return made


@pytest.fixture
def password(accounts: Accounts) -> str:
    return accounts.add_app_password("Ann")[1]


def said(**parameters: str) -> Parameters:
    return Parameters(list(parameters.items()))


def guess(authentication: Authentication, machine: str, name: str = "ann") -> None:
    with pytest.raises(SubsonicError) as caught:
        authentication.account_of(said(u=name, p="guess"), machine)
    assert caught.value.code is Code.WRONG_CREDENTIALS


def test_one_who_guesses_is_slowed_down_and_others_are_not(
    accounts: Accounts, password: str
) -> None:
    authentication = Authentication(accounts)
    for _ in range(AT_ONCE):
        guess(authentication, "10.0.0.1", "nobody")
    with pytest.raises(Overloaded) as slowed:  # the right one too: it could be the next guess
        authentication.account_of(said(u="ann", p=password), "10.0.0.1")
    assert slowed.value.retry_after_seconds > 0
    assert authentication.account_of(said(u="ann", p=password), "10.0.0.2").name == "Ann"


def test_many_who_guess_at_one_account_do_not_lock_its_owner_out(
    accounts: Accounts, password: str
) -> None:
    authentication = Authentication(accounts)
    right = said(**signed("ann", password))
    authentication.account_of(right, "192.168.1.2")
    for number in range(AT_ONCE):
        guess(authentication, f"10.0.0.{number}")
    with pytest.raises(Overloaded):
        authentication.account_of(said(u="ANN", p="guess"), "10.0.1.1")
    assert authentication.account_of(right, "192.168.1.2").name == "Ann"


def test_guessed_keys_count_and_what_says_nothing_does_not(accounts: Accounts) -> None:
    authentication = Authentication(accounts)
    for _ in range(3 * AT_ONCE):  # players ask before they know a password
        with pytest.raises(SubsonicError) as caught:
            authentication.account_of(said(u="ann", t="", s=""), "10.0.0.1")
        assert caught.value.code is Code.PARAMETER_MISSING
    for _ in range(AT_ONCE):
        with pytest.raises(SubsonicError) as caught:
            authentication.account_of(said(apiKey="guess"), "10.0.0.1")
        assert caught.value.code is Code.WRONG_API_KEY
    with pytest.raises(Overloaded):
        authentication.account_of(said(apiKey="guess"), "10.0.0.1")


@pytest.mark.parametrize("encoded", ["enc:", "enc:zz", "enc:ff"])
def test_what_is_no_hex_is_taken_as_it_is(accounts: Accounts, encoded: str) -> None:
    with pytest.raises(SubsonicError) as caught:
        Authentication(accounts).account_of(said(u="ann", p=encoded), "m")
    assert caught.value.code is Code.WRONG_CREDENTIALS


@pytest.mark.parametrize("long", ["u", "p", "t", "s", "apiKey"])
def test_what_is_too_long_is_refused_before_it_is_hashed(accounts: Accounts, long: str) -> None:
    shown = {"apiKey": "k"} if long == "apiKey" else {"u": "ann", "t": "t", "s": "s"}
    with pytest.raises(SubsonicError, match=f"{long} has over 1024 characters"):
        Authentication(accounts).account_of(said(**shown | {long: "x" * 1_025}), "10.0.0.1")
