"""What is shown of texts and URIs."""

from __future__ import annotations

import pytest

from segue.texts import cleaned, control_character, cut, shown, shown_uri, without_secrets


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://host/a.mp3", "https://host/a.mp3"),
        ("https://ann:s3cret@host:8443/a.mp3", "https://***@host:8443/a.mp3"),
        ("https://s3cret@host/a.mp3", "https://***@host/a.mp3"),
        ("https://ann:s3@cret@host/a.mp3", "https://***@host/a.mp3"),
        ("http://host/a?X-Sig=s3cret&id=7&flag=", "http://host/a?X-Sig=***&id=***&flag="),
        ("http://host/a?s3cret", "http://host/a?***"),
        ("http://host/a#access_token=s3cret", "http://host/a#***"),
        ("HTTP://ann:s3cret@host/", "http://***@host/"),
        ("ftp://ann:s3cret@host/a", "ftp://***@host/a"),
        ("http://[s3cret@host/a", "http://***"),
        ("file:///music/what?#1@home.mp3", "file:///music/what?#1@home.mp3"),
        ("spool://upload-1@a", "spool://upload-1@a"),
        ("", ""),
    ],
)
def test_a_uri_is_shown_without_its_secrets(uri: str, expected: str) -> None:
    assert shown_uri(uri) == expected
    assert shown_uri(expected) == expected


def test_a_sentence_is_shown_without_the_secrets_of_its_uris() -> None:
    said = (
        "GET 'https://ann:s3cret@host/a?token=s3cret' and redis://:s3cret@q/0 failed (file:///a?b)."
    )
    assert without_secrets(said) == (
        "GET 'https://***@host/a?token=***' and redis://***@q/0 failed (file:///a?b)."
    )
    assert without_secrets("nothing: //a@b?c") == "nothing: //a@b?c"
    assert without_secrets("see 'http://h/a?x=s3cret', or (http://h/b?s3cret).") == (
        "see 'http://h/a?x=***', or (http://h/b?***)."
    )
    assert "s3cret" not in without_secrets("http://h/a?x='s3cret'&y=\ts3 http://u:s3cret@h")


def test_control_characters_are_shown_as_escapes_and_the_rest_as_it_is() -> None:
    assert shown("a\x1b[2J\r\n\x9b\u202eb\ud800ü[/]") == (
        "a\\x1b[2J\\x0d\\x0a\\x9b\\u202eb\\ud800ü[/]"
    )
    assert control_character("ab\tc") == 2
    assert control_character("Größe – 日本") is None


def test_cleaning_leaves_single_spaces() -> None:
    assert cleaned(" a\x00\n\u2028 b\u202e ") == "a b"


def test_a_cut_never_leaves_half_a_character() -> None:
    assert cut("üü", 3) == "ü"
    assert cut("abc", 100) == "abc"
    assert len(cut("\ud800" * 50, 10).encode()) <= 10
