"""``segue listening``: a listening test of what models take for similar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table

from segue.cli.listening_systems import (
    compared,
    hearable,
    ids_there,
    places_of,
    searched,
    tracks_of,
)
from segue.cli.options import data_option, stack_options
from segue.cli.stack_address import StackAddress, find_stack
from segue.cli.vector_file import read_vectors
from segue.cli.web_folder import web_folder
from segue.cli.whole_file import WholeFile
from segue.command import SegueCommand, json_option
from segue.listening_test.drawing import (
    RANDOM,
    ListeningPlanImpossible,
    Nearest,
    draw_plan,
)
from segue.listening_test.plan import Plan
from segue.listening_test.ratings import ratings_to_csv
from segue.output import PlainConsole, say, say_json
from segue.seeds import MatchLevel
from segue.v1 import track_pb2
from segue.web.listening_test.course import ListeningTest


@dataclass(frozen=True, slots=True)
class _Other:
    """Where the other system's answers come from."""

    vectors: Path | None
    address: str | None
    catalogue: str | None
    level: str | None

    def check(self) -> None:
        """Refuse what is none, or two."""
        searches = (self.address, self.catalogue, self.level) != (None, None, None)
        if bool(self.vectors) == searches:
            raise click.UsageError(
                "name the other system: --other-vectors, or a search by --other-address, "
                "--other-catalogue or --other-match"
            )


@click.group()
def listening() -> None:
    """A listening test: people rate, blindly, what two systems take for similar.

    It stands on the page, for the owner and all who have an account.
    """


@listening.command(cls=SegueCommand)
@click.option("--queries", type=click.IntRange(1, 1_000), default=30, show_default=True,
              help="Trials: each a query with a candidate of either system and a random "
              "one.")  # fmt: skip
@click.option("--name", help="What this stack is called in the results.  [default: its embedding "
              "space]")  # fmt: skip
@click.option("--other-vectors", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Compare with the cosine of these vectors of the same files (segue embed "
              "--model ...).")  # fmt: skip
@click.option("--other-address", metavar="HOST:PORT", help="Compare with another stack that has "
              "the same tracks.")  # fmt: skip
@click.option("--other-catalogue", metavar="NAME", help="Compare with another catalogue that has "
              "the same tracks; '' is the default one.")  # fmt: skip
@click.option("--other-match", type=click.Choice([one.value for one in MatchLevel]),
              help="Compare with a search that compares something else: segue search "
              "--match.")  # fmt: skip
@click.option("--other-name", help="What the other system is called in the results.  [default: "
              "its embedding space, and what it compares]")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="The same seed draws the same trials from the same catalogue.")  # fmt: skip
@stack_options
def plan(
    queries: int,
    name: str | None,
    other_vectors: Path | None,
    other_address: str | None,
    other_catalogue: str | None,
    other_match: str | None,
    other_name: str | None,
    seed: int,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Draw a listening test from the catalogue, and put it on the page.

    A candidate is never by the query's artist, and never a copy of the query.
    """
    other = _Other(other_vectors, other_address, other_catalogue, other_match)
    other.check()
    test = ListeningTest(web_folder(data))
    test.check_free()
    stack = find_stack(address, data, timeout_seconds)
    with stack.client() as client:
        own = name or client.server_info().embedding_space
        tracks = tracks_of(client)
        with _nearest_of(other, stack, tracks) as (theirs, nearest):
            rival = other_name or theirs
            if len({own, rival, RANDOM}) < 3:
                raise click.UsageError(
                    f"the systems are called {own!r}, {rival!r} and {RANDOM!r}: tell them apart "
                    "with --name and --other-name"
                )
            drawn = draw_plan(
                hearable(tracks),
                {own: searched(client), rival: nearest},
                queries=queries,
                seed=seed,
                made_at=time.time(),
                catalogue=stack.catalogue,
            )
    test.begin(drawn)
    shared = sum(len(one.candidates) < len(drawn.systems) for one in drawn.trials)
    if as_json:
        say_json({**_described(drawn), "shared": shared})
        return
    say(f"{len(drawn.trials)} trials of {', '.join(drawn.systems)} stand on the page.")
    if shared:
        say(f"In {shared} of them, both systems answer with the same track: it is rated for both.")
    say("How it goes: segue listening show")


@listening.command(cls=SegueCommand)
@data_option
@json_option
def show(data: Path | None, as_json: bool) -> None:
    """Show how far the test is, and how many rate; what they say stays hidden till the export."""
    test = ListeningTest(web_folder(data))
    planned, raters = test.plan(), test.raters()
    if as_json:
        found = {rater: asdict(progress) for rater, progress in raters.items()}
        say_json({**_described(planned), "raters": found})
        return
    of = f" from the catalogue {planned.catalogue}" if planned.catalogue else ""
    say(f"{len(planned.trials)} trials of {', '.join(planned.systems)}{of}")
    if not raters:
        say("Nobody has rated yet.")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("rater")
    for column in ("rated", "passed over", "left"):
        table.add_column(column, justify="right")
    for rater, one in raters.items():
        left = one.trials - one.rated - one.skipped
        table.add_row(rater, str(one.rated), str(one.skipped), str(left))
    PlainConsole().print(table, crop=False)


@listening.command(cls=SegueCommand)
@click.argument("target", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace a file that stands there.")
@data_option
@json_option
def export(target: Path, overwrite: bool, data: Path | None, as_json: bool) -> None:
    """Write all ratings to FILE.csv, for segue evaluate --ratings; raters are pseudonyms."""
    ratings = list(ListeningTest(web_folder(data)).ratings())
    with WholeFile(target, overwrite) as whole:
        whole.file.write(ratings_to_csv(ratings))
        whole.finish()
    raters = len({one.rater for one in ratings})
    if as_json:
        say_json({"target": str(target), "ratings": len(ratings), "raters": raters})
    else:
        say(f"{target}: {len(ratings)} ratings of {raters} raters.")
        say(f"What they say: segue evaluate --ratings {target} --output evaluation")


@listening.command(cls=SegueCommand)
@click.argument("account_id", metavar="ID", required=False)
@click.option("--owner", is_flag=True, help="What the owner of the stack said.")
@data_option
@json_option
def forget(account_id: str | None, owner: bool, data: Path | None, as_json: bool) -> None:
    """Remove what the account ID said, which is its name where segue users list shows no id."""
    if bool(account_id) == owner:
        raise click.UsageError("name an account by its id, or --owner")
    trials = ListeningTest(web_folder(data)).forget("" if owner else account_id or "")
    if as_json:
        say_json({"account_id": account_id or "owner", "trials": trials})
    else:
        say(f"What {account_id or 'the owner'} said of {trials} trials is removed.")


@listening.command(cls=SegueCommand)
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
@json_option
def remove(yes: bool, data: Path | None, as_json: bool) -> None:
    """Remove the listening test with all that was said."""
    test = ListeningTest(web_folder(data))
    if not yes:
        click.confirm("Remove the listening test with all ratings?", abort=True, err=True)
    test.remove()
    if as_json:
        say_json({"removed": True})
    else:
        say("The listening test is removed.")


@contextmanager
def _nearest_of(
    other: _Other, stack: StackAddress, tracks: list[track_pb2.Track]
) -> Iterator[tuple[str, Nearest]]:
    """What the other system is called by itself, and its neighbours."""
    if other.vectors is not None:
        vectors = read_vectors(other.vectors)
        if not places_of(vectors.names, tracks):
            raise ListeningPlanImpossible(
                f"{other.vectors} has vectors of none of the tracks",
                next_step="Embed the files that the catalogue was made from: segue embed",
            )
        yield vectors.space, compared(vectors, tracks)
        return
    level = None if other.level is None else MatchLevel(other.level)
    there = stack
    if other.address:
        there = find_stack(other.address, None, stack.timeout_seconds)
    if other.catalogue is not None:
        there = replace(there, catalogue=other.catalogue)
    with ExitStack() as opened:
        client = opened.enter_context(there.client())
        space = client.server_info().embedding_space
        words = [space, "default" if other.catalogue == "" else other.catalogue, other.level]
        elsewhere = other.address or there.catalogue != stack.catalogue
        ids = ids_there(tracks, client) if elsewhere else None
        yield " ".join(word for word in words if word), searched(client, level, ids)


def _described(planned: Plan) -> dict[str, Any]:
    return {
        "plan_id": planned.plan_id,
        "catalogue": planned.catalogue,
        "made_at": planned.made_at,
        "seed": planned.seed,
        "systems": list(planned.systems),
        "trials": len(planned.trials),
    }
