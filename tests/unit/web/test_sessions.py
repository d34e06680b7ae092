"""Signing in, being known, signing out; and all the ways in which a session ends."""

import asyncio
import json
import time

import pytest

from page_client import OWNER, PAGE, TOKEN, client_of, page, settings
from segue.errors import Overloaded
from segue.sign_in_codes import make_code, nonce_of
from segue.web.account_file import LONGEST_NAME
from segue.web.accounts import Accounts
from segue.web.api.session import PASSWORDS_AT_ONCE
from segue.web.application import make_application
from segue.web.attempts import AT_ONCE, SECONDS_EACH, Attempts
from segue.web.sessions import Sessions

SESSION = "/api/v1/session"


async def test_the_owners_token_makes_a_session_that_lasts(tmp_path):
    async with page(tmp_path) as client:
        before = await client.get(SESSION)
        signed = await client.post(SESSION, json={"token": TOKEN}, headers=PAGE)
        after = await client.get(SESSION)
    async with page(tmp_path) as another:  # a replica, or the same after a restart
        another.cookies = client.cookies
        elsewhere = await another.get(SESSION)

    assert before.json() == {"role": "guest", "name": ""}
    assert (signed.json()["role"], signed.json()["listening_test"]) == ("owner", False)
    assert after.json()["role"] == elsewhere.json()["role"] == "owner"
    assert after.json()["expires_at"].endswith("Z")
    assert TOKEN not in signed.headers["set-cookie"]


async def test_a_change_with_a_session_wants_the_pages_own_header(tmp_path):
    async with page(tmp_path) as client:
        await client.post(SESSION, json={"token": TOKEN}, headers=PAGE)
        without = await client.delete(SESSION)
        still = await client.get(SESSION)
        out = await client.delete(SESSION, headers=PAGE)

    assert without.json()["error"]["reason"] == "PAGE_HEADER_MISSING"
    assert still.json()["role"] == "owner"
    assert out.status_code == 204


async def test_a_session_that_was_ended_holds_nowhere(tmp_path):
    async with page(tmp_path) as client:
        await client.post(SESSION, json={"token": TOKEN}, headers=PAGE)
        kept = dict(client.cookies)
        await client.delete(SESSION, headers=PAGE)
    async with page(tmp_path) as another:
        another.cookies.update(kept)
        answer = await another.get(SESSION)

    assert answer.json()["role"] == "guest"


async def test_another_owners_token_ends_every_session(tmp_path):
    async with page(tmp_path) as client:
        await client.post(SESSION, json={"token": TOKEN}, headers=PAGE)
    changed = make_application(settings(tmp_path), "another-token-of-the-owner")
    async with client_of(changed) as another:
        another.cookies = client.cookies
        answer = await another.get(SESSION)

    assert answer.json()["role"] == "guest"


async def test_a_link_signs_in_once(tmp_path):
    import time

    code = make_code(TOKEN, time.time())
    async with page(tmp_path) as client:
        first = await client.post(SESSION, json={"code": code}, headers=PAGE)
    async with page(tmp_path) as another:
        second = await another.post(SESSION, json={"code": code}, headers=PAGE)

    assert first.json()["role"] == "owner"
    assert second.status_code == 401
    assert second.json()["error"]["reason"] == "SIGN_IN_CODE_USED"


def test_codes_hold_for_their_token_and_their_time_only():
    code = make_code(TOKEN, 1_000.0, 60.0)

    assert nonce_of(code, TOKEN, 1_059.0)
    assert not nonce_of(code, TOKEN, 1_061.0)
    assert not nonce_of(code, "another-token-of-the-owner", 1_000.0)
    assert not nonce_of(code.replace("-", "-0", 1), TOKEN, 1_000.0)
    assert not nonce_of("ffffffff" + code[8:], TOKEN, 1_000.0)
    assert not nonce_of("", "", 0.0)


async def test_a_token_is_shown_with_each_request_too(tmp_path):
    async with page(tmp_path) as client:
        owner = await client.get(SESSION, headers=OWNER)
        wrong = await client.get(SESSION, headers={"Authorization": "Bearer nonsense-nonsense"})
        proxys = await client.get(SESSION, headers={"Authorization": "Basic bWlhOm1pYQ=="})

    assert owner.json()["role"] == "owner"
    assert (wrong.status_code, wrong.json()["error"]["reason"]) == (401, "TOKEN_INVALID")
    assert proxys.json()["role"] == "guest"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"token": 3}',
        b'{"token": ""}',
        b'{"name": "mia"}',
        b'{"token":"a","code":"b"}',
        b'{"token":"a","token":"b"}',
        b'{"token": "\\ud800"}',
        b'{"name": "mia", "password": "\\udfff"}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:30].decode(),
)
async def test_what_is_no_sign_in_is_refused(tmp_path, body):
    async with page(tmp_path) as client:
        answer = await client.post(SESSION, content=body, headers=PAGE)

    assert answer.status_code == 400
    assert answer.json()["error"]["reason"] == "INVALID_ARGUMENT"


async def test_who_tries_too_often_has_to_wait(tmp_path):
    async with page(tmp_path) as client:
        for _ in range(AT_ONCE):
            answer = await client.post(SESSION, json={"token": "wrong"}, headers=PAGE)
            assert answer.status_code == 401
        refused = await client.post(SESSION, json={"token": TOKEN}, headers=PAGE)

    assert (refused.status_code, refused.json()["error"]["reason"]) == (429, "TOO_MANY_ATTEMPTS")
    assert int(refused.headers["retry-after"]) > 0


async def test_old_links_hold_nobody_up_and_a_new_one_always_holds(tmp_path):
    async with page(tmp_path) as client:
        for _ in range(AT_ONCE + 1):
            old = await client.post(SESSION, json={"code": "old"}, headers=PAGE)
            assert old.json()["error"]["reason"] == "SIGN_IN_CODE_USED"
        for _ in range(AT_ONCE):
            await client.post(SESSION, json={"token": "wrong"}, headers=PAGE)
        code = make_code(TOKEN, time.time())
        answer = await client.post(SESSION, json={"code": code}, headers=PAGE)

    assert answer.status_code == 200


async def test_who_tries_all_at_once_has_no_more_tries(tmp_path):
    async with page(tmp_path) as client:

        async def tried(number):
            shown = {"name": "mia", "password": f"guess {number}"}
            return (await client.post(SESSION, json=shown, headers=PAGE)).status_code

        began = time.monotonic()
        tries = await asyncio.gather(*map(tried, range(3 * AT_ONCE)))
        come_back = int((time.monotonic() - began) / SECONDS_EACH)

    # The last two are checked at the same time.
    assert AT_ONCE <= tries.count(401) < AT_ONCE + PASSWORDS_AT_ONCE + come_back
    assert tries.count(401) + tries.count(429) == len(tries)


def test_names_that_no_account_can_have_are_not_kept():
    attempts = Attempts(lambda: 0.0)
    for number in range(AT_ONCE):
        attempts.failed(f"bot {number}", "m" * (LONGEST_NAME + 1))

    attempts.check("another bot", "m" * (LONGEST_NAME + 1))


def test_attempts_come_back_with_time():
    now = 0.0
    attempts = Attempts(lambda: now)
    for _ in range(AT_ONCE):
        attempts.check("one")
        attempts.failed("one")
    with pytest.raises(Overloaded):
        attempts.check("one")
    attempts.check("another")
    now = SECONDS_EACH + 1
    attempts.check("one")


def test_many_machines_that_try_one_name_lock_its_owner_out_nowhere_but_there():
    attempts = Attempts(lambda: 0.0)
    attempts.succeeded("home", "Mia")
    for number in range(AT_ONCE):
        attempts.failed(f"bot {number}", "mia")

    with pytest.raises(Overloaded):
        attempts.check("another bot", "MIA")
    attempts.check("home", "mia")
    attempts.check("another bot", "noah")


def test_a_session_of_an_account_ends_with_what_it_showed(tmp_path):
    accounts = Accounts(tmp_path)
    sessions = Sessions(tmp_path, TOKEN, 60.0, accounts)
    accounts.add("mia", "four words as before")
    kept, api_key = accounts.add_api_key("mia")
    by_password = sessions.write(sessions.by_password("mia", "four words as before"))
    by_key = sessions.write(sessions.by_api_key(api_key))
    assert sessions.by_password("mia", "other words") is None
    assert sessions.by_api_key("segue-of-nobody") is None
    assert sessions.read(by_password).name == sessions.read(by_key).name == "mia"

    accounts.set_password("mia", "four words from now on")
    assert sessions.read(by_password) is None
    assert sessions.read(by_key).name == "mia"
    accounts.revoke("mia", kept.credential_id)
    assert sessions.read(by_key) is None

    again = sessions.write(sessions.by_password("mia", "four words from now on"))
    accounts.remove("mia")
    assert sessions.read(again) is None


async def test_a_listener_signs_in_by_name_and_password(tmp_path):
    Accounts(tmp_path / "web").add("Mia", "four words as before")
    async with page(tmp_path) as client:
        shown = {"name": "mia", "password": "four words as before"}
        wrong = await client.post(SESSION, json={**shown, "password": "guessed"}, headers=PAGE)
        right = await client.post(SESSION, json=shown, headers=PAGE)
        after = await client.get(SESSION)

    assert (wrong.status_code, wrong.json()["error"]["reason"]) == (401, "SIGN_IN_REFUSED")
    assert (right.json()["role"], right.json()["name"]) == ("listener", "Mia")
    assert after.json() == right.json()


def test_sessions_expire_and_cannot_be_changed(tmp_path):
    now = 1_000.0
    sessions = Sessions(tmp_path, TOKEN, 60.0, Accounts(tmp_path), lambda: now)
    cookie = sessions.write(sessions.of_owner())
    text, mac = cookie.split(".")

    assert sessions.read(cookie).role == "owner"
    for forged in (
        "",
        ".",
        text,
        f"{text}.{mac[:-2]}",
        f"{text[:-4]}AAAA.{mac}",
        "é.é",
        "x" * 5_000,
    ):
        assert sessions.read(forged) is None
    now = 1_061.0
    assert sessions.read(cookie) is None


def test_the_key_of_sessions_is_its_owners_alone(tmp_path):
    Sessions(tmp_path / "web", TOKEN, 60.0, Accounts(tmp_path / "web"))

    assert (tmp_path / "web" / "session-key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "web").stat().st_mode & 0o077 == 0
    assert json.dumps([path.name for path in (tmp_path / "web").iterdir()]).count("token") == 0
