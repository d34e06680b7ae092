"""``segue calibrate``: what the label probabilities of a student are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from segue.command import SegueCommand
from segue.output import say
from segue.trainer.commands.data_options import data_options

if TYPE_CHECKING:
    from segue.trainer.data import Grouping, Kind


@click.command(cls=SegueCommand)
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@data_options(data_help="As of segue train; the validation split is calibrated by.")
def calibrate(
    run: Path,
    data: tuple[Path, ...],
    kind: Kind,
    group_by: Grouping,
    published_split: bool,
    features: Path | None,
    jobs: int,
) -> None:
    """Bring the label probabilities of a student's RUN to its teacher's, on music new to both.

    Writes calibration.json into RUN, which segue export-model takes in. The embedding stays as it
    is.
    """
    from segue.errors import InvalidRequest
    from segue.trainer.calibration import CALIBRATION
    from segue.trainer.calibration import calibrate as fit_lines
    from segue.trainer.data import read_tracks
    from segue.trainer.networks.musicnn_student import MusicnnNetwork
    from segue.trainer.training import load_uncalibrated
    from segue.trainer.training_set import open_training_set

    config, network, step = load_uncalibrated(run)
    if not isinstance(network, MusicnnNetwork):
        raise InvalidRequest(
            f"{run} has no teacher to be calibrated by",
            reason="NOTHING_TO_CALIBRATE",
            next_step="Name the run of a student, such as one of segue-style.",
        )
    tracks = read_tracks(*data, kind=kind, group_by=group_by, published_split=published_split)
    unseen = [track for track in tracks if track.split == "validation"]
    data_set = open_training_set(config, unseen, features or run / "features", jobs=jobs)
    found = fit_lines(network, data_set, step)
    found.write(run / CALIBRATION)
    for one in found.labels:
        say(
            f"{one.label:<12} gain {one.gain:.2f}  shift {one.shift:+.2f}  "
            f"error {one.error_before:.3f} -> {one.error_after:.3f}"
        )
    say(
        f"mean error {found.error(after=False):.3f} -> {found.error(after=True):.3f} over "
        f"{found.chunks} chunks of {found.tracks} tracks; {run / CALIBRATION}"
    )
