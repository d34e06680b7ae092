"""The ``segue`` command. Each part of the product brings its own commands, loaded when called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

COMMANDS: Mapping[str, str] = {
    "corpus": "segue.trainer.commands.corpus:corpus",
    "train": "segue.trainer.commands.train:train",
    "evaluate": "segue.trainer.commands.evaluate:evaluate",
    "calibrate": "segue.trainer.commands.calibrate:calibrate",
    "export-model": "segue.trainer.commands.export_model:export_model",
    "musicnn": "segue.trainer.commands.musicnn:musicnn",
    "embed": "segue.cli.commands.embed:embed",
    "prepare": "segue.cli.commands.prepare:prepare",
    "up": "segue.cli.commands.up:up",
    "page": "segue.cli.commands.page:page",
    "status": "segue.cli.commands.status:status",
    "ingest": "segue.cli.commands.ingest:ingest",
    "library": "segue.cli.commands.library:library",
    "sync": "segue.cli.commands.sync:sync",
    "watch": "segue.cli.commands.watch:watch",
    "jobs": "segue.cli.commands.jobs:jobs",
    "tracks": "segue.cli.commands.tracks:tracks",
    "facets": "segue.cli.commands.facets:facets",
    "track": "segue.cli.commands.track:track",
    "edit": "segue.cli.commands.edit:edit",
    "delete": "segue.cli.commands.delete:delete",
    "duplicates": "segue.cli.commands.duplicates:duplicates",
    "export": "segue.cli.commands.export:export",
    "import": "segue.cli.commands.import_:import_",
    "search": "segue.cli.commands.search:search",
    "cf": "segue.cli.commands.cf:cf",
    "rank": "segue.cli.commands.rank:rank",
    "listeners": "segue.cli.commands.listeners:listeners",
    "listening": "segue.cli.commands.listening:listening",
    "users": "segue.cli.commands.users:users",
    "playlist": "segue.cli.commands.playlist:playlist",
    "path": "segue.cli.commands.path:path",
    "map": "segue.cli.commands.map:map_",
    "deadletters": "segue.cli.commands.deadletters:deadletters",
    "demo": "segue.cli.commands.demo:demo",
    "query": "segue.query.commands:query",
    "web": "segue.web.commands:web",
    "worker": "segue.ingest.commands:worker",
    "collaborative": "segue.ranking.commands:collaborative",
}
"""Command name to the place that defines it."""


class LazyGroup(click.Group):
    """Imports a command's module only when that command is called: start-up stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101  # a wrong table entry is our bug
        return command


def _print_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    del parameter
    if not asked:
        return
    from segue.cli.versions import describe_versions
    from segue.output import say

    for line in describe_versions():
        say(line)
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False,
              callback=_print_version, help="Show the version, the default model and the parts "
              "that Segue is made of here.")  # fmt: skip
def main() -> None:
    """Find tracks that sound alike: ingest audio, search by track, passage or vector."""
