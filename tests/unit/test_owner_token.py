"""The owner's token: in a file that nobody else reads, and compared as a whole."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from segue.owner_token import (
    TokenFileUnusable,
    make_token,
    read_token,
    shows_token,
    token_metadata,
    token_of,
)
from segue.settings import AccessSettings, InvalidSetting

TOKEN = "of-the-owner-of-this-stack"


def test_a_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "token"
    make_token(path)
    token = read_token(path)
    assert len(token) >= 43, "256 bits"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    make_token(path)
    assert read_token(path) == token
    make_token(tmp_path / "other")
    assert read_token(tmp_path / "other") != token
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other", "token"]


def test_of_two_that_make_it_at_once_both_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert len(set(pool.map(_made, [path, path]))) == 1


def _made(path: Path) -> str:
    make_token(path)
    return read_token(path)


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(TokenFileUnusable, match="cannot be written: No such file"):
        make_token(tmp_path / "nowhere" / "token")


@pytest.mark.parametrize("content", [b"", b"short\n", b"two words of a token\n", b"\xff" * 40])
def test_what_is_no_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(TokenFileUnusable, match=str(path)) as refused:
        read_token(path)
    assert refused.value.reason == "TOKEN_FILE_UNUSABLE"


def test_settings_give_it_or_name_its_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    assert token_of(AccessSettings()) == ""
    assert token_of(AccessSettings(owner_token_file=str(path))) == TOKEN
    assert token_of(AccessSettings("/nowhere", owner_token=TOKEN)) == TOKEN
    with pytest.raises(InvalidSetting, match="SEGUE_OWNER_TOKEN is not one word"):
        token_of(AccessSettings(owner_token="short"))
    with pytest.raises(TokenFileUnusable):
        token_of(AccessSettings(owner_token_file="/nowhere"))


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [
        ((), None),
        ((("user-agent", "x"),), None),
        (token_metadata(""), None),
        (token_metadata(TOKEN), True),
        ((("authorization", f"bearer  {TOKEN} "),), True),
        ((("authorization", f"Bearer {TOKEN}".encode()),), True),
        ((("authorization", TOKEN),), False),
        ((("authorization", f"Basic {TOKEN}"),), False),
        ((("authorization", f"Bearer {TOKEN[:-1]}"),), False),
        ((("authorization", f"Bearer {TOKEN}e"),), False),
        ((("authorization", "Bearer "),), False),
        ((("authorization", b"Bearer \xff"),), False),
        ((*token_metadata(TOKEN), ("authorization", "Bearer other")), False),
        ((("authorization", "Bearer other"), *token_metadata(TOKEN)), False),
    ],
)
def test_only_the_whole_token_is_the_token(
    metadata: tuple[tuple[str, str]], shown: bool | None
) -> None:
    assert shows_token(metadata, TOKEN) is shown


def test_without_a_token_nobody_shows_it() -> None:
    assert shows_token((("authorization", "Bearer "),), "") is False
    assert shows_token((("authorization", "Bearer x"),), "") is False
