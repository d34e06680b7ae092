"""``segue corpus``: the music that the encoders are trained on, rendered and real."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from segue.command import SegueCommand
from segue.errors import SegueError
from segue.output import say


class TracksNotRendered(SegueError):
    """Some tracks of a corpus could not be rendered."""

    reason = "TRACKS_NOT_RENDERED"
    next_step = "Mend what the lines above name and run the same command again: the rest is kept."


@click.group()
def corpus() -> None:
    """Make music for training: rendered with known genres and moods, or from Debian packages."""


@corpus.command(cls=SegueCommand)
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.option("--tracks", type=click.IntRange(1, 1_000_000), default=100, show_default=True)
@click.option("--seconds", type=click.FloatRange(5, 600), default=45.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), default=2, show_default=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["wav", "flac", "mp3", "ogg", "m4a", "mixed"]),
    default="flac",
    show_default=True,
)
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="train",
    show_default=True,
    help="The test split uses styles, lead instruments and progressions that train never uses.",
)
@click.option("--rate", type=click.Choice(["16000", "22050", "44100"]), default="44100")
@click.option("--mono", is_flag=True, help="Write one channel.")
@click.option(
    "--sound-font",
    "sound_fonts",
    multiple=True,
    type=click.Path(),
    help="General MIDI sound font, repeatable: every artist keeps to one of them.",
)
def render(
    output: Path,
    tracks: int,
    seconds: float,
    seed: int,
    jobs: int,
    form: str,
    split: str,
    rate: str,
    mono: bool,
    sound_fonts: tuple[str, ...],
) -> None:
    """Render tracks into OUTPUT with a manifest.jsonl; finished ones are kept."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from segue.trainer.corpus.render_corpus import CorpusRecipe, render_corpus

    recipe = CorpusRecipe(seed, seconds, form, split, int(rate), mono, sound_fonts)
    columns = (
        TextColumn("rendering"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("tracks", total=tracks, failed=0)
        held, failures = render_corpus(
            output,
            tracks,
            recipe,
            jobs=jobs,
            progress=lambda done, failed: bar.update(task, completed=done, failed=failed),
        )
    for number, sentence in failures[:20]:
        say(f"track {number}: {sentence}", err=True)
    say(f"{held} tracks in {output / 'manifest.jsonl'}")
    if failures:
        raise TracksNotRendered(f"{len(failures)} of {tracks} tracks failed")


@corpus.command(cls=SegueCommand)
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(0), default=2040, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), default=2, show_default=True)
def catalogue(output: Path, seed: int, jobs: int) -> None:
    """Write the demo catalogue anew: OUTPUT/catalogue, an excerpt and collaborative scores."""
    from rich.progress import Progress

    from segue.trainer.corpus.catalogue import plan_catalogue, write_catalogue

    with Progress() as bar:
        task = bar.add_task("rendering", total=len(plan_catalogue()))
        entries = write_catalogue(
            output, seed, jobs=jobs, progress=lambda done: bar.update(task, completed=done)
        )
    size = sum(path.stat().st_size for path in (output / "catalogue").rglob("*") if path.is_file())
    say(f"{len(entries)} tracks, {size / 1e6:.1f} MB in {output / 'catalogue'}")


@corpus.command(cls=SegueCommand)
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--without",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of music that the corpus must hold no copy of, repeatable.",
)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option(
    "--packages",
    "package_list",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another list of packages (TOML); a lock beside it (.lock.json) is held to.",
)
@click.option(
    "--apt-option",
    "apt_options",
    multiple=True,
    help="Setting for apt-get, repeatable, such as Dir::Etc::sourcelist=FILE.",
)
def debian(
    output: Path,
    without: tuple[Path, ...],
    jobs: int,
    package_list: Path | None,
    apt_options: tuple[str, ...],
) -> None:
    """Fetch real music from Debian packages into OUTPUT; what is there is kept.

    Nothing is installed. OUTPUT/manifest.jsonl is for segue train, OUTPUT/development.jsonl for
    choosing between models, OUTPUT/sounds.jsonl is what is no music, and OUTPUT/packages.md says
    where all of it comes from.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from segue.trainer.debian.build import LEFT_OUT, TABLE, make_corpus
    from segue.trainer.debian.packages import LOCK, PACKAGES, read_lock, read_packages

    chosen = package_list or PACKAGES
    lock = LOCK if package_list is None else chosen.with_suffix(".lock.json")
    listed = read_packages(chosen)
    locked = read_lock(lock) if lock.exists() else {}
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()) as bar:
        task = bar.add_task("packages", total=len(listed.packages))
        made = make_corpus(
            output,
            listed,
            locked,
            without=without,
            jobs=jobs,
            apt_options=apt_options,
            progress=lambda what, done, total: bar.update(
                task, description=what, completed=done, total=total
            ),
        )
    for sentence in made.differences:
        say(f"not as in the lock: {sentence}", err=True)
    reasons = Counter(item.reason for item in made.left_out)
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    say(f"{len(made.placed)} recordings in {output / TABLE}")
    say(f"left out: {left_out or 'nothing'}; see {output / LEFT_OUT}")
