"""``--catalogue``: every command that speaks to a stack takes it, and what it speaks to is told."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from segue.cli import COMMANDS
from segue.cli.chosen_catalogue import catalogue_option, chosen_catalogue, with_catalogue
from segue.cli.stack_address import find_stack


def commands() -> Iterator[tuple[str, click.Command]]:
    """All commands and their subcommands, but those of the trainer, which needs PyTorch."""
    for name, place in COMMANDS.items():
        module, attribute = place.split(":")
        if not module.startswith("segue.trainer"):
            yield from with_subcommands(name, getattr(importlib.import_module(module), attribute))


def with_subcommands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for below, one in getattr(command, "commands", {}).items():
        yield from with_subcommands(f"{name} {below}", one)


def test_every_command_that_speaks_to_a_stack_takes_a_catalogue() -> None:
    speaking = {}
    for name, command in commands():
        options = {one.name: one for one in command.params}
        if "address" in options or (name.startswith(("cf ", "rank ")) and "data" in options):
            speaking[name] = options.get("catalogue")
    assert {"search", "jobs cancel", "listeners record", "cf use", "rank list"} <= speaking.keys()
    for name, option in speaking.items():
        assert option is not None, name
        assert option.envvar == "SEGUE_CATALOGUE", name


@click.command()
@catalogue_option
def told() -> None:
    stack = find_stack("host:1", None, 1.0)
    click.echo(
        f"{chosen_catalogue()!r} {stack.catalogue!r} {stack.command('watch')} {with_catalogue('s')}"
    )


@pytest.mark.parametrize(
    ("words", "variable", "catalogue"),
    [
        ((), "", ""),
        (("--catalogue", "archive"), "", "archive"),
        ((), "archive", "archive"),
        (("--catalogue", "test"), "archive", "test"),
    ],
)
def test_an_option_goes_before_the_environment(
    words: tuple[str, ...], variable: str, catalogue: str
) -> None:
    run = CliRunner().invoke(told, words, env={"SEGUE_CATALOGUE": variable})
    options = f" --catalogue {catalogue}" if catalogue else ""
    service = f"s#{catalogue}" if catalogue else "s"
    assert run.output == (
        f"{catalogue!r} {catalogue!r} segue watch --address host:1{options} {service}\n"
    )


def test_what_cannot_be_a_name_is_wrong_usage() -> None:
    run = CliRunner().invoke(told, ["--catalogue", "No.Name"])
    assert run.exit_code == 2
    assert "no name of a catalogue" in run.output
    assert chosen_catalogue() == ""
