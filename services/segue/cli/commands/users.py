"""``segue users``: accounts of those who listen, on the page and with players of Subsonic's API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from segue.cli.web_folder import web_folder
from segue.command import SegueCommand, json_option
from segue.output import say, say_json
from segue.web.account_file import Account, Credential
from segue.web.accounts import Accounts

_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data folder of the embedded stack.  [default: $SEGUE_WEB_FOLDER as it stands, else "
    "as for the other commands]",
)
_password_file = click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    help="Read the password from the first line of this file, or of - for standard input.",
)
_label = click.option("--label", default="", help="What it is for, such as 'phone'.")


@click.group()
def users() -> None:
    """Keep the accounts of those who listen.

    They search, hear and keep playlists, on the page and with players that speak Subsonic's API.
    A stack that runs sees every change at once.
    """


@users.command(cls=SegueCommand)
@click.argument("name")
@_password_file
@click.option("--no-password", is_flag=True, help="Let nobody sign in to the page by it.")
@_data
@json_option
def add(
    name: str, password_file: TextIO | None, no_password: bool, data: Path | None, as_json: bool
) -> None:
    """Make the account NAME; asks for its password, which is for the page.

    Players want an API key or an app password instead.
    """
    password = "" if no_password else _password(password_file)
    account = _accounts(data).add(name, password)
    if as_json:
        say_json(_described(account))
        return
    say(f"{_named(account)} is added.")
    say(f"For a player: segue users app-password {account.name}")


@users.command(name="list", cls=SegueCommand)
@_data
@json_option
def list_(data: Path | None, as_json: bool) -> None:
    """List accounts with their API keys and app passwords, of which only ids are known."""
    every = _accounts(data).every()
    if as_json:
        say_json({"accounts": [_described(account) for account in every]})
        return
    if not every:
        say("There are no accounts. Make one with: segue users add NAME")
    for account in every:
        say(f"{_named(account)}  since {_day(account.made_at)}{_without_password(account)}")
        for kind, kept in _credentials(account):
            for one in kept:
                label = f"  {one.label}" if one.label else ""
                say(f"  {kind} {one.credential_id}  since {_day(one.made_at)}{label}")


@users.command(cls=SegueCommand)
@click.argument("name")
@_password_file
@_data
@json_option
def passwd(name: str, password_file: TextIO | None, data: Path | None, as_json: bool) -> None:
    """Give the account NAME another password."""
    _accounts(data).set_password(name, _password(password_file))
    if as_json:
        say_json({"name": name})
    else:
        say(f"{name} has another password.")


@users.command(name="app-password", cls=SegueCommand)
@click.argument("name")
@_label
@_data
@json_option
def app_password(name: str, label: str, data: Path | None, as_json: bool) -> None:
    """Make an app password of NAME's: for players that ask for a name and a password.

    It is good for players only, and it is shown once.
    """
    made, password = _accounts(data).add_app_password(name, label)
    _show_once(name, made, "app password", password, as_json=as_json)


@users.command(name="api-key", cls=SegueCommand)
@click.argument("name")
@_label
@_data
@json_option
def api_key(name: str, label: str, data: Path | None, as_json: bool) -> None:
    """Make an API key of NAME's: for players that take one, and for programs.

    It is shown once.
    """
    made, key = _accounts(data).add_api_key(name, label)
    _show_once(name, made, "API key", key, as_json=as_json)


@users.command(cls=SegueCommand)
@click.argument("name")
@click.argument("credential", metavar="ID")
@_data
@json_option
def revoke(name: str, credential: str, data: Path | None, as_json: bool) -> None:
    """Let the API key or app password ID of NAME's be none any more."""
    _accounts(data).revoke(name, credential)
    if as_json:
        say_json({"name": name, "revoked": credential})
    else:
        say(f"{credential} of {name} is revoked.")


@users.command(cls=SegueCommand)
@click.argument("name")
@_data
@json_option
def remove(name: str, data: Path | None, as_json: bool) -> None:
    """Remove the account NAME.

    Its playlists and stars go with it. What was recorded of its listening, and what it said in a
    listening test, stays under its id, which no other account gets.
    """
    removed = _accounts(data).remove(name)
    gone = removed.account_id
    if as_json:
        say_json({"name": removed.name, "account_id": gone, "removed": True})
        return
    say(f"{removed.name} is removed, with its playlists and stars.")
    say(f"What was recorded of its listening stays until: segue listeners forget {gone}")
    say(f"What it said in a listening test stays until: segue listening forget {gone}")


def _accounts(data: Path | None) -> Accounts:
    return Accounts(web_folder(data))


def _password(file: TextIO | None) -> str:
    if file is not None:
        return file.readline().rstrip("\r\n")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return asked


def _show_once(name: str, made: Credential, kind: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"name": name, "id": made.credential_id, "label": made.label, "secret": secret})
        return
    say(f"The {kind} of {name}, which is shown this once:")
    say(f"  {secret}")
    say(f"Revoke it with: segue users revoke {name} {made.credential_id}")


def _described(account: Account) -> dict[str, Any]:
    kept = {
        f"{kind.replace(' ', '_').lower()}s": [_listed(one) for one in ones]
        for kind, ones in _credentials(account)
    }
    return {
        "name": account.name,
        "account_id": account.account_id,
        "made_at": account.made_at,
        "has_password": bool(account.password),
        **kept,
    }


def _listed(one: Credential) -> dict[str, Any]:
    fields = asdict(one)
    del fields["sha256"]
    return {"id": fields.pop("credential_id"), **fields}


def _credentials(account: Account) -> tuple[tuple[str, tuple[Credential, ...]], ...]:
    return ("API key", account.api_keys), ("app password", account.app_passwords)


def _named(account: Account) -> str:
    """The name, and the id where that is another one."""
    if account.account_id == account.name:
        return account.name
    return f"{account.name} (id {account.account_id})"


def _without_password(account: Account) -> str:
    return "" if account.password else ", without a password"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
