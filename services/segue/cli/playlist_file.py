"""A list of tracks as a file for players."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.cli.client import SegueClient
from segue.cli.whole_file import WholeFile
from segue.library.names import suffix_of
from segue.output import say
from segue.playlists.files import FORMATS, PlaylistFormat
from segue.v1 import playlist_service_pb2
from segue.wire.playlists import format_to_message

F = TypeVar("F", bound=Callable[..., Any])


class PlaylistFileType(click.ParamType[Path]):
    """A file whose name says what kind of playlist it is."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if suffix_of(path.name) not in FORMATS:
            self.fail(f"{str(value)!r} does not end in {', '.join(FORMATS)}", param, ctx)
        return path


def save_options(command: F) -> F:
    """Add ``--save``, ``--title`` and ``--overwrite``."""
    command = click.option("--overwrite", is_flag=True, help="Replace the file of --save.")(command)
    command = click.option(
        "--title", default="", metavar="TEXT", help="What players call it.  [default: its name]"
    )(command)
    return click.option(
        "--save",
        type=PlaylistFileType(),
        help=f"Write it as a file for players: {', '.join(FORMATS)}.",
    )(command)


def save_playlist(
    client: SegueClient,
    track_ids: Sequence[str],
    target: Path,
    *,
    title: str,
    overwrite: bool,
    form: PlaylistFormat | None = None,
) -> playlist_service_pb2.ExportPlaylistResponse:
    """Write a list of tracks as a file, which appears once it is whole.

    Parameters
    ----------
    form
        None: the one that the file's name says.

    Raises
    ------
    TargetExists, TargetNotWritable
        As ``WholeFile``.
    """
    with WholeFile(target, overwrite) as file:
        answer: playlist_service_pb2.ExportPlaylistResponse = client.playlists(
            "ExportPlaylist",
            playlist_service_pb2.ExportPlaylistRequest(
                track_ids=track_ids,
                format=format_to_message(form or FORMATS[suffix_of(target.name)]),
                title=title or target.stem,
            ),
        )
        file.file.write(answer.content.decode())
        file.finish()
    return answer


def save_if_asked(
    client: SegueClient,
    tracks: Iterable[playlist_service_pb2.PlaylistTrack],
    given: Mapping[str, Any],
) -> playlist_service_pb2.ExportPlaylistResponse | None:
    """Write tracks where ``--save`` says, as :func:`save_playlist` does; None: nowhere."""
    if given["save"] is None:
        return None
    return save_playlist(
        client,
        [one.track.track_id for one in tracks],
        given["save"],
        title=given["title"],
        overwrite=given["overwrite"],
    )


def say_saved(answer: playlist_service_pb2.ExportPlaylistResponse, target: Path) -> None:
    """Tell what became of a file."""
    say(f"Saved: {target}")
    if answer.missing_track_ids:
        say(f"Not in the catalogue any more: {', '.join(answer.missing_track_ids)}")
    if answer.unplaced_track_ids:
        number = len(answer.unplaced_track_ids)
        say(
            f"Of {number} {'track' if number == 1 else 'tracks'} it holds no more than the name: "
            "their audio lies where no player would find it."
        )
