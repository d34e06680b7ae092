"""What commands print of strangers' texts; one place prints for all of them."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

import pytest
from rich.table import Table

import segue
from segue.command import describe, sentence
from segue.errors import SegueError
from segue.output import PlainConsole, lines, plain, say, say_json, say_secret, styled
from segue.texts import control_character

PACKAGE = Path(segue.__file__).parent
FORBIDDEN = {"print", "click.echo", "click.secho", "Console", "sys.stdout.write"}
EVIL = "[/] [bold]x[/bold] :smile: \x1b]0;owned\x07\x1b[2J\r\n\x9b31m\u202e\x7f\ud800 end"


def printed(*renderables: object, width: int = 200) -> str:
    file = io.StringIO()
    console = PlainConsole(file=file, width=width, force_terminal=False)
    for renderable in renderables:
        console.print(renderable)
    return file.getvalue()


def test_a_line_stays_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    say(EVIL)
    say(EVIL, err=True)
    out = capsys.readouterr()
    for text in (out.out, out.err):
        assert text.count("\n") == 1
        assert control_character(text.rstrip("\n")) is None
        assert (
            "[/] [bold]x[/bold] :smile: \\x1b]0;owned\\x07\\x1b[2J\\x0d\\x0a\\x9b31m\\u202e" in text
        )


def test_json_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"title": EVIL})
    text = capsys.readouterr().out
    assert text.isascii()
    assert control_character(text.rstrip("\n")) is None
    assert json.loads(text) == {"title": EVIL}


def test_no_text_is_markup_or_control_in_a_table_whoever_put_it_there() -> None:
    table = Table(title=EVIL)
    table.add_column(EVIL, no_wrap=True)
    table.add_row(EVIL)
    table.add_row(styled(EVIL, "cyan"))
    table.add_row(lines("one", EVIL))
    text = printed(EVIL, styled(EVIL, "red"), table)
    assert control_character(text.replace("\n", "")) is None
    assert text.count("[bold]x[/bold] :smile:") == 7
    assert text.count(plain(EVIL)) == 7


def test_what_slips_through_is_caught_where_it_is_rendered() -> None:
    from rich.text import Text

    text = printed(Text(EVIL))
    assert control_character(text.replace("\n", "")) is None
    assert "\\x1b[2J" in text


def test_colour_still_comes_out_on_a_terminal() -> None:
    file = io.StringIO()
    PlainConsole(file=file, force_terminal=True, color_system="standard").print(styled("x", "red"))
    assert file.getvalue() == "\x1b[31mx\x1b[0m\n"


def test_secrets_of_uris_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    uri = "https://ann:s3cret@host/a?token=s3cret"
    say(f"cannot read {uri!r}")
    error = SegueError(f"cannot read {uri!r}")
    texts = (capsys.readouterr().out, printed(uri), sentence(error), json.dumps(describe(error)))
    for text in texts:
        assert "s3cret" not in text
        assert "https://***@host/a?token=***" in text


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_else_prints(path: Path) -> None:
    if path.name == "output.py" or "v1" in path.parts:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in (
            "print",
            "click.echo",
            "click.secho",
            "Console",
            "sys.stdout.write",
        ), f"{path.name} line {node.lineno}: use segue.output"


def test_a_secret_is_left_out_unless_it_is_what_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    link = "http://127.0.0.1:50056/#/sign-in?code=0123"
    say(link)
    assert "0123" not in capsys.readouterr().out
    say_secret(f"{link}\x1b[2J")
    assert capsys.readouterr().out == f"{link}\\x1b[2J\n"
