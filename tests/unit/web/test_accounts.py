"""Accounts: what is kept of them, who is known by what, and that changes are seen."""

from __future__ import annotations

import hashlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from segue.web.account_file import AccountsUnusable, name_of
from segue.web.accounts import MOST_CREDENTIALS, AccountNotFound, AccountRefused, Accounts
from segue.web.passwords import hash_password, password_fits

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path)


def token(password: str, salt: str) -> str:
    return hashlib.md5((password + salt).encode()).hexdigest()


def test_a_password_fits_only_its_own_account(accounts: Accounts) -> None:
    accounts.add("Ann", PASSWORD)
    accounts.add("bob")
    found = accounts.verify_password("ANN", PASSWORD)
    assert found is not None
    assert found.name == "Ann"
    for name, tried in (("Ann", "wrong horse"), ("bob", PASSWORD), ("bob", ""), ("eve", PASSWORD)):
        assert accounts.verify_password(name, tried) is None
    accounts.set_password("ann", "another password")
    assert accounts.verify_password("Ann", PASSWORD) is None
    assert accounts.verify_password("Ann", "another password") is not None


@pytest.mark.parametrize("name", ["owner", "Owner"])
def test_no_account_has_the_name_that_the_owner_listens_under(
    accounts: Accounts, name: str
) -> None:
    with pytest.raises(AccountRefused, match="owner"):
        accounts.add(name)


def test_the_same_password_is_kept_differently_each_time() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert password_fits(PASSWORD, first)
    assert password_fits(PASSWORD, second)


def test_api_keys_are_known_until_they_are_revoked(accounts: Accounts) -> None:
    accounts.add("ann")
    made, key = accounts.add_api_key("ann", "phone")
    _, other = accounts.add_api_key("ann")
    found = accounts.by_api_key(key)
    assert found is not None
    assert found.name == "ann"
    accounts.revoke("ann", made.credential_id)
    assert accounts.by_api_key(key) is None
    assert accounts.by_api_key("") is None
    assert accounts.by_api_key(other) is not None
    with pytest.raises(AccountNotFound):
        accounts.revoke("ann", made.credential_id)


def test_app_passwords_are_checked_by_token_and_as_they_are(accounts: Accounts) -> None:
    accounts.add("ann", PASSWORD)
    accounts.add("bob")
    made, first = accounts.add_app_password("ann")
    _, second = accounts.add_app_password("ann")
    for password in (first, second):
        assert accounts.by_app_password("ann", password) is not None
        assert accounts.by_token("Ann", token(password, "pepper"), "pepper") is not None
    assert accounts.by_token("ann", token(first, "pepper"), "salt") is None
    assert accounts.by_token("bob", token(first, "pepper"), "pepper") is None
    assert accounts.by_token("eve", token(first, "pepper"), "pepper") is None
    assert accounts.by_app_password("ann", PASSWORD) is None
    assert accounts.verify_password("ann", first) is None
    accounts.revoke("ann", made.credential_id)
    assert accounts.by_app_password("ann", first) is None
    assert accounts.by_app_password("ann", second) is not None


def test_no_secret_stands_in_the_file_and_others_cannot_read_it(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path)
    accounts.add("ann", PASSWORD)
    secrets = [accounts.add_app_password("ann")[1], accounts.add_api_key("ann")[1], PASSWORD]
    text = (tmp_path / "accounts.json").read_text()
    assert "ann" in text
    assert not any(secret in text for secret in secrets)
    for name in ("accounts.json", "app-password-key", "accounts.lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_another_process_sees_every_change(tmp_path: Path) -> None:
    writer, reader = Accounts(tmp_path), Accounts(tmp_path)
    assert reader.every() == []
    writer.add("ann")
    _, password = writer.add_app_password("ann")
    assert reader.by_app_password("ann", password) is not None
    writer.remove("ann")
    assert reader.get("ann") is None
    assert reader.by_app_password("ann", password) is None


def _add_many(folder: Path, first: str) -> None:
    accounts = Accounts(folder)
    for number in range(20):
        accounts.add(f"{first}{number}")


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    # The lock is of an opened file: between threads as between processes.
    with ThreadPoolExecutor(2) as writers:
        list(writers.map(_add_many, [tmp_path] * 2, "ab"))
    assert len(Accounts(tmp_path).every()) == 40


@pytest.mark.parametrize("name", ["", "a b", "-a", "ä", "a" * 65, "a/b", "a\n"])
def test_names_that_are_none_are_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountRefused, match="is no name"):
        accounts.add(name)


@pytest.mark.parametrize("name", ["owner", "Owner"])
def test_no_account_is_called_as_the_owner_is_recorded(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountRefused, match="who the owner of the stack is recorded as"):
        accounts.add(name)


def test_what_cannot_be_is_refused(accounts: Accounts) -> None:
    accounts.add("Ann")
    with pytest.raises(AccountRefused, match="there is an account 'Ann'"):
        accounts.add("ann")
    with pytest.raises(AccountRefused, match="8 to 1024 characters"):
        accounts.set_password("ann", "short")
    with pytest.raises(AccountRefused, match="label"):
        accounts.add_api_key("ann", "a\nb")
    with pytest.raises(AccountNotFound):
        accounts.remove("bob")
    for _ in range(MOST_CREDENTIALS):
        accounts.add_api_key("ann")
    with pytest.raises(AccountRefused, match="at most"):
        accounts.add_api_key("ann")


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "accounts": [{}]}', "[]", "\x00"])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "accounts.json").write_text(text)
    with pytest.raises(AccountsUnusable, match="damaged"):
        Accounts(tmp_path).every()


def test_no_account_ever_has_the_id_of_another(accounts: Accounts, tmp_path: Path) -> None:
    given = []
    for name in ("ann", "Ann", "ANN"):
        given.append(accounts.add(name).account_id)
        assert accounts.remove(name.lower()).account_id == given[-1]
    assert given == ["ann", "Ann~2", "ANN~3"]
    assert accounts.retired() == set(given)
    another = Accounts(tmp_path)
    assert another.retired() == set(given)
    assert another.add("bob").account_id == "bob"
    assert [name_of(one) for one in given] == ["ann", "Ann", "ANN"]


def test_accounts_of_version_1_keep_what_was_kept_by_their_names(
    accounts: Accounts, tmp_path: Path
) -> None:
    ann = {"name": "Ann", "made_at": 1.5, "password": "", "api_keys": [], "app_passwords": []}
    (tmp_path / "accounts.json").write_text(json.dumps({"version": 1, "accounts": [ann]}))
    (found,) = accounts.every()
    assert (found.account_id, found.made_at) == ("Ann", 1.5)
    assert accounts.retired() == set()
    # Somebody may have been called bob before, and nobody knows.
    assert accounts.add("bob").account_id == "bob~2"
    assert Accounts(tmp_path).add("eve").account_id == "eve~2"
    assert accounts.every()[0] == found


def test_a_register_that_is_gone_is_not_remembered(accounts: Accounts, tmp_path: Path) -> None:
    accounts.add("ann")
    assert accounts.get("ann") is not None
    (tmp_path / "accounts.json").unlink()
    assert accounts.get("ann") is None
    assert accounts.add("ann").account_id == "ann"
