"""``segue users``: what it prints, and that secrets are shown once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from segue.cli.commands.users import users
from segue.web.accounts import Accounts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGUE_WEB_FOLDER", str(tmp_path / "web"))
    return tmp_path / "web"


def run(*words: str, entered: str = "") -> Result:
    return CliRunner().invoke(users, words, input=entered)


def answered(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_password_is_asked_for_twice_and_not_shown(folder: Path) -> None:
    done = run("add", "ann", entered="correct horse\ncorrect horse\n")
    assert done.exit_code == 0, done.output
    assert "horse" not in done.output
    assert Accounts(folder).verify_password("ann", "correct horse") is not None


def test_a_password_may_come_from_a_file(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n")
    assert run("add", "ann", "--no-password").exit_code == 0
    assert run("passwd", "ann", "--password-file", str(secret)).exit_code == 0
    assert Accounts(folder).verify_password("ann", "correct horse") is not None
    done = run("passwd", "ann", "--password-file", "-", entered="another horse\n")
    assert done.exit_code == 0, done.output
    assert Accounts(folder).verify_password("ann", "another horse") is not None


def test_keys_are_shown_once_and_revoked_by_their_ids(folder: Path) -> None:
    run("add", "ann", "--no-password")
    password = answered("app-password", "ann", "--label", "phone")
    key = answered("api-key", "ann")
    listed = run("list")
    assert password["id"] in listed.output
    assert "phone" in listed.output
    assert password["secret"] not in listed.output
    (account,) = answered("list")["accounts"]
    assert [one["id"] for one in account["api_keys"]] == [key["id"]]
    assert account["has_password"] is False
    assert "sha256" not in json.dumps(account)
    assert answered("revoke", "ann", password["id"])["revoked"] == password["id"]
    accounts = Accounts(folder)
    assert accounts.by_app_password("ann", password["secret"]) is None
    assert accounts.by_api_key(key["secret"]) is not None
    gone = {"name": "ann", "account_id": "ann", "removed": True}
    assert answered("remove", "ann") == gone
    assert run("list").output.startswith("There are no accounts.")


def test_what_is_kept_of_a_removed_account_is_named_by_its_id(folder: Path) -> None:
    run("add", "ann", "--no-password")
    assert "segue listeners forget ann\n" in run("remove", "ann").output
    assert run("add", "ann", "--no-password").output.startswith("ann (id ann~2) is added.\n")
    assert run("list").output.startswith("ann (id ann~2)  since ")
    assert answered("list")["accounts"][0]["account_id"] == "ann~2"
    told = run("remove", "Ann").output
    assert told.startswith("ann is removed")
    assert "segue listeners forget ann~2\n" in told
    assert "segue listening forget ann~2\n" in told


def test_what_cannot_be_is_told_with_a_next_step(folder: Path) -> None:
    done = run("api-key", "nobody")
    assert done.exit_code == 1
    assert "[ACCOUNT_NOT_FOUND] See which there are: segue users list" in done.stderr
    done = run("add", "ann", "--json", "--password-file", "-", entered="short\n")
    assert json.loads(done.stdout)["error"]["reason"] == "ACCOUNT_REFUSED"
    assert not (folder / "accounts.json").exists()


def test_a_data_folder_may_be_named(folder: Path, tmp_path: Path) -> None:
    assert run("add", "ann", "--no-password", "--data", str(tmp_path / "stack")).exit_code == 0
    assert Accounts(tmp_path / "stack" / "web").get("ann") is not None
    assert Accounts(folder).get("ann") is None
