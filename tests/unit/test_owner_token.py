"""The owner's token: found by settings, and compared as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.owner_token import (
    shows_token,
    token_metadata,
    token_of,
)
from segue.secret_file import SecretFileUnusable
from segue.settings import AccessSettings, InvalidSetting

TOKEN = "of-the-owner-of-this-stack"


def test_settings_give_it_or_name_its_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    assert token_of(AccessSettings()) == ""
    assert token_of(AccessSettings(owner_token_file=str(path))) == TOKEN
    assert token_of(AccessSettings("/nowhere", owner_token=TOKEN)) == TOKEN
    with pytest.raises(InvalidSetting, match="SEGUE_OWNER_TOKEN is not one word"):
        token_of(AccessSettings(owner_token="short"))
    with pytest.raises(SecretFileUnusable):
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
