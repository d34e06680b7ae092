"""Options that say what a search starts from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from segue.cli.client import SegueClient
from segue.cli.clip import read_clips
from segue.cli.option_types import ClockType
from segue.cli.track_finder import seed_tracks
from segue.cli.track_list import TrackList, read_track_list
from segue.cli.vector_file import read_vector
from segue.limits import MOST_SEED_WEIGHT
from segue.v1.similarity_service_pb2 import ListenerSeed, PassageSeed, Seed, WeightedSeed

F = TypeVar("F", bound=Callable[..., Any])

_KINDS = ("tracks", "files", "vectors", "artist_seeds", "playlists", "listeners")
"""Of seeds for."""

_FILE = click.Path(path_type=Path)
_WEIGHT = click.FloatRange(0, MOST_SEED_WEIGHT, min_open=True)

_OPTIONS = (
    click.option("--track", "tracks", multiple=True, metavar="TRACK", help="Search by a track of "
                 "the catalogue: its id, the path or URI of its file, or words of title, artists "
                 "and album. All options of this kind may be given several times, and together."),
    click.option("--file", "files", multiple=True, type=_FILE, help="By an audio file."),
    click.option("--start", "start_seconds", type=ClockType(), metavar="TIME", help="Where the "
                 "passage of each --file and --track starts: 90, 1:30, 1:02:03."),
    click.option("--length", "length_seconds", type=ClockType(), metavar="TIME", help="Its length, "
                 "written alike.  [default: to the end of a file; about ten seconds of a track]"),
    click.option("--vector", "vectors", multiple=True, type=_FILE, help="By a vector: a .npy file, "
                 "or what segue embed writes."),
    click.option("--vector-of", metavar="FILE", help="Which of the files whose vectors --vector "
                 "holds.  [default: the only one]"),
    click.option("--artist-seed", "artist_seeds", multiple=True, metavar="NAME",
                 help="By all tracks of an artist. (--artist filters.)"),
    click.option("--playlist", "playlists", multiple=True, type=_FILE, metavar="FILE",
                 help="By the tracks of a playlist (M3U, XSPF, JSPF), or of a text with one a "
                 "line, named as in --track."),
    click.option("--listener", "listeners", multiple=True, metavar="ID",
                 help="By what a listener played, the newer the more."),
    click.option("--against", multiple=True, metavar="TRACK", help="Unlike this track."),
    click.option("--weigh", "weights", multiple=True, type=(str, _WEIGHT), metavar="SEED NUMBER",
                 help="How much a seed counts, named as in its own option.  [default: 1]"),
    click.option("--strategy", type=click.Choice(["average", "best"]), help="Several seeds: like "
                 "their average, or like whichever is most similar.  [default: average; best for "
                 "an artist, playlist or listener alone]"),
    click.option("--skip-unknown", is_flag=True,
                 help="Search by the other seeds when some are not known."),
)  # fmt: skip


def seed_options(command: F) -> F:
    """Add ``--track``, ``--file``, ``--against`` and others; :func:`read_seeds` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check_seed_options(given: dict[str, Any]) -> None:
    """Refuse what cannot be meant, before anything is read.

    Raises
    ------
    click.UsageError
        When nothing says what to start from, or options do not fit each other.
    """
    if not any(given[kind] for kind in _KINDS):
        raise click.UsageError(
            "give a --track, --file, --vector, --artist-seed, --playlist or --listener to start "
            "from"
        )
    if _cut(given) and not given["files"] and not given["tracks"]:
        raise click.UsageError("--start and --length choose a passage of --file and --track")
    if given["vector_of"] is not None and len(given["vectors"]) != 1:
        raise click.UsageError("--vector-of chooses a vector of one --vector")
    seeds = {str(one) for kind in (*_KINDS, "against") for one in given[kind]}
    for name, _ in given["weights"]:
        if not {name, str(Path(name))} & seeds:
            raise click.UsageError(f"--weigh {name!r}: no seed is named so")


def read_seeds(client: SegueClient, given: dict[str, Any]) -> list[WeightedSeed]:
    """The seeds of a command's options: those for in the order of the options, those against last.

    Raises
    ------
    TrackNotFound
        When the only seed is a track that is not there.
    SeedsUnknown
        When tracks are not there; with ``--skip-unknown`` they are left to the server.
    TrackAmbiguous
        When a name is that of several tracks.
    ClipTooLarge
        As ``read_clips``.
    """
    lists = [read_track_list(path) for path in given["playlists"]]
    ids = _track_ids(client, given, lists)
    weights = dict(given["weights"])
    # A path that was named "./song.mp3" is known as "song.mp3".
    weights |= {str(Path(name)): weight for name, weight in given["weights"]}
    seeds = [
        WeightedSeed(seed=seed, weight=weights.get(name)) for name, seed in _towards(given, ids)
    ]
    for path, tracks in zip(given["playlists"], lists, strict=True):
        # The server names those that are astray beside all that it does not know.
        members = [*(ids[name] for name in tracks.names), *tracks.astray]
        seed = Seed(playlist={"track_ids": dict.fromkeys(members)})
        seeds.append(WeightedSeed(seed=seed, weight=weights.get(str(path))))
    for name in given["against"]:
        seed = Seed(track_id=ids[name])
        seeds.append(WeightedSeed(seed=seed, weight=-weights.get(name, 1.0)))
    return seeds


def _towards(given: dict[str, Any], ids: dict[str, str]) -> Iterator[tuple[str, Seed]]:
    start, length = given["start_seconds"] or 0.0, given["length_seconds"] or 0.0
    for name in given["tracks"]:
        if _cut(given):
            passage = PassageSeed(track_id=ids[name], start_seconds=start, length_seconds=length)
            yield name, Seed(passage=passage)
        else:
            yield name, Seed(track_id=ids[name])
    alone = sum(len(given[kind]) for kind in (*_KINDS, "against")) == 1
    clips = read_clips(given["files"], start, length, alone=alone)
    for path, clip in zip(given["files"], clips, strict=True):
        yield str(path), Seed(clip=clip)
    for path in given["vectors"]:
        yield str(path), Seed(embedding=read_vector(path, given["vector_of"]))
    for name in given["artist_seeds"]:
        yield name, Seed(artist=name)
    for user_id in given["listeners"]:
        yield user_id, Seed(listener=ListenerSeed(user_id=user_id))


def _track_ids(
    client: SegueClient, given: dict[str, Any], lists: Sequence[TrackList]
) -> dict[str, str]:
    """Ids by the names of tracks; with ``--skip-unknown`` a name of none stands for itself."""
    named = [*given["tracks"], *given["against"]]
    return seed_tracks(
        client,
        [*named, *(name for one in lists for name in one.names)],
        [place for one in lists for place in one.astray],
        skip_unknown=given["skip_unknown"],
    )


def _cut(given: dict[str, Any]) -> bool:
    return given["start_seconds"] is not None or given["length_seconds"] is not None
