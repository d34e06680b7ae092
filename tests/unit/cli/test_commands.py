"""Commands without a stack: what they say, and the exit codes that scripts rely on."""

import json

import click
import numpy as np
import pytest
from click.testing import CliRunner

from segue.cli import COMMANDS, main
from segue.command import SegueCommand, json_option


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGUE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SEGUE_ADDRESS", raising=False)
    return lambda *arguments: CliRunner().invoke(main, [str(word) for word in arguments])


@pytest.fixture
def song(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3")
    return path


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself(run, command):
    answer = run(command, "--help")

    assert answer.exit_code == 0
    assert "Usage:" in answer.output


def test_every_command_fails_in_the_same_way():
    def below(command, path):
        if not isinstance(command, click.Group):
            yield path, command
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from below(command.get_command(context, name), [*path, name])

    commands = list(below(main, ["segue"]))
    assert len(commands) > len(COMMANDS)
    assert [path for path, command in commands if not isinstance(command, SegueCommand)] == []


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["ingest", "SONG"],
        ["watch", "job"],
        ["jobs", "list"],
        ["jobs", "cancel", "job"],
        ["search", "--track", "x"],
        ["search", "--file", "SONG"],
        ["tracks"],
        ["tracks", "--order-by", "year desc"],
        ["facets"],
        ["export", "x.parquet"],
        ["import", "SONG"],
        ["track", "x"],
        ["delete", "x"],
        ["edit", "x", "--title", "y"],
        ["deadletters", "list"],
        ["deadletters", "replay", "--all"],
        ["deadletters", "show", "x"],
        ["deadletters", "dismiss", "--all"],
    ],
)
def test_without_a_stack_every_command_says_how_to_start_one(run, song, tmp_path, words):
    words = [song if word == "SONG" else word for word in words]

    answer = run(*words)
    assert answer.exit_code == 3
    assert f"segue up --data {tmp_path / 'data'}" in answer.stderr

    answer = run(*words, "--json")
    assert answer.exit_code == 3
    error = json.loads(answer.stdout)["error"]
    assert error["reason"] == "STACK_NOT_FOUND"
    assert "segue up" in error["next_step"]


def test_an_address_that_nobody_answers_is_named(run):
    answer = run("status", "--address", "127.0.0.1:1")

    assert answer.exit_code == 3
    assert "127.0.0.1:1" in answer.stderr
    assert "segue up" in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["search"],
        ["search", "--against", "a"],
        ["search", "--vector", "a", "--start", "3"],
        ["search", "--track", "a", "--vector-of", "b"],
        ["search", "--file", "a", "--start", "soon"],
        ["search", "--file", "a", "--start", "1:60"],
        ["search", "--file", "a", "--start", "1:2:3:4"],
        ["search", "--file", "a", "--start", "-1"],
        ["search", "--file", "a", "--start", "nan"],
        ["search", "--track", "a", "--year", "soon"],
        ["search", "--track", "a", "--year", "-"],
        ["search", "--track", "a", "--weight", "1.5"],
        ["search", "--track", "a", "--mix", "magic"],
        ["search", "--track", "a", "--limit", "0"],
        ["tracks", "--limit", "0"],
        ["tracks", "--order-by", "genre"],
        ["tracks", "--order-by", "year, title"],
        ["facets", "--limit", "0"],
        ["ingest"],
        ["ingest", "a.mp3", "--retry-seconds", "-1"],
        ["watch"],
        ["export"],
        ["import", "no such file"],
        ["jobs", "cancel"],
        ["jobs", "list", "--limit", "0"],
        ["embed", "a.mp3"],
        ["delete"],
        ["edit", "x"],
        ["deadletters", "replay"],
        ["deadletters", "replay", "x", "--all"],
        ["deadletters", "dismiss"],
        ["deadletters", "dismiss", "x", "--reason", "y"],
        ["up", "--port-base", "70000"],
    ],
)
def test_wrong_usage_leaves_with_2(run, words):
    assert run(*words).exit_code == 2


def test_a_vector_file_that_holds_none_is_refused(run, tmp_path, song):
    np.save(tmp_path / "matrix.npy", np.zeros((2, 3)))
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    for path in (song, *(tmp_path / f"{name}.npy" for name in ("matrix", "words", "missing"))):
        answer = run("search", "--vector", path, "--address", "127.0.0.1:1")
        assert answer.exit_code == 1
        assert "VECTOR_INVALID" in answer.stderr


def test_a_missing_query_file_is_refused_before_anything_is_sent(run):
    answer = run("search", "--file", "nowhere.mp3", "--address", "127.0.0.1:1")

    assert answer.exit_code == 1
    assert "SOURCE_NOT_FOUND" in answer.stderr


def test_an_unknown_model_is_refused(run):
    answer = run("up", "--model", "nonesuch", "--port-base", "0")

    assert answer.exit_code == 1
    assert "nonesuch" in answer.stderr


@pytest.mark.parametrize(
    ("words", "reason", "code"),
    [
        (("search",), "USAGE", 2),
        (("search", "--nonsense"), "USAGE", 2),
        (("ingest",), "USAGE", 2),
        (("sync", "--grace", "soon", "."), "USAGE", 2),
        (("sync", "--max-gone", "200%", "."), "USAGE", 2),
        (("tracks",), "STACK_NOT_FOUND", 3),
    ],
)
def test_with_json_whatever_is_wrong_is_said_in_json(run, words, reason, code):
    answer = run(*words, "--json")

    assert answer.exit_code == code
    error = json.loads(answer.stdout)["error"]
    assert error["reason"] == reason
    assert error["message"]
    assert error["next_step"]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array"])
def test_a_vector_that_is_none_is_an_error_in_json(run, tmp_path, content):
    (tmp_path / "v.npy").write_bytes(content)

    answer = run("search", "--vector", tmp_path / "v.npy", "--json", "--address", "127.0.0.1:1")

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["error"]["reason"] == "VECTOR_INVALID"


@pytest.mark.parametrize("option", ["--vector", "--file"])
def test_a_folder_in_place_of_a_file_is_an_error_in_json(run, tmp_path, option):
    answer = run("search", option, tmp_path, "--json", "--address", "127.0.0.1:1")

    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["error"]["next_step"]


@pytest.mark.parametrize("failure", [EOFError("x"), RuntimeError("bug"), KeyboardInterrupt()])
def test_failures_that_nobody_foresaw_are_json_too(failure):
    @click.command(cls=SegueCommand)
    @json_option
    def broken(as_json):
        raise failure

    answer = CliRunner().invoke(broken, ["--json"])

    assert answer.exit_code == 1
    expected = "INTERRUPTED" if isinstance(failure, KeyboardInterrupt) else "INTERNAL"
    assert json.loads(answer.stdout)["error"]["reason"] == expected
