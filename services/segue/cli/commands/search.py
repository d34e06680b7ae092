"""``segue search``: tracks that sound like a track, a passage of a file, or a vector."""

from __future__ import annotations

import re
from pathlib import Path

import click
from rich import box
from rich.table import Table
from rich.text import Text

from segue.audio.excerpt import excerpt
from segue.cli.clock import clock
from segue.cli.json_output import print_json
from segue.cli.options import label_source_options, stack_options
from segue.cli.search_reasons import print_reasons
from segue.cli.stack_address import find_stack
from segue.cli.track_column import add_track_column, track_cell
from segue.cli.track_finder import find_track
from segue.cli.variety_options import variety_options
from segue.cli.vector_file import read_vector
from segue.command import SegueCommand
from segue.errors import InvalidRequest
from segue.limits import LARGEST_CLIP_BYTES, LARGEST_SEARCH_PAGE
from segue.mix import DEFAULT_WEIGHT, FusionMethod, Mix, MixStatus
from segue.output import PlainConsole
from segue.permissions import unreadable
from segue.seeds import MatchLevel
from segue.tracks import LabelMatch, LabelSource, NumberRange, TrackFilter
from segue.v1 import similarity_service_pb2, track_pb2
from segue.variety import Variety
from segue.wire.filters import filter_to_message
from segue.wire.search import level_to_message, mix_status_from_message, mix_to_message
from segue.wire.variety import variety_to_message

_METHODS = {
    "weighted": FusionMethod.WEIGHTED_SUM,
    "rrf": FusionMethod.RECIPROCAL_RANK,
    "dbsf": FusionMethod.DISTRIBUTION_BASED,
}
_NO_SCORES = "the collaborative source has no scores for these tracks: this is acoustic order"
_NUMBER = r"\d+(?:\.\d+)?"


class ClipTooLarge(InvalidRequest):
    """A passage that is too large to send."""

    reason = "AUDIO_TOO_LARGE"
    next_step = "Choose a shorter passage with --start and --length."


class RangeType(click.ParamType["tuple[float | None, float | None]"]):
    """``1990-1999``, ``1990-`` (no upper bound), ``-1999`` (no lower bound) or ``1990``."""

    name = "FROM-TO"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | None, float | None]:
        match = re.fullmatch(rf"({_NUMBER})?(-)?({_NUMBER})?", str(value).strip())
        if match is None or not any(match.group(1, 3)):
            self.fail(f"{value!r} is not a range such as 1990-1999, 1990- or -1999", param, ctx)
        low, dash, high = match.groups()
        if dash is None:
            high = low
        return (float(low) if low else None, float(high) if high else None)


class ClockType(click.ParamType[float]):
    """Seconds as a number (``90``, ``1.5``) or by the clock (``1:30``, ``1:02:03``)."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        parts = text.split(":")
        if not re.fullmatch(rf"(?:\d+:){{0,2}}{_NUMBER}", text, re.ASCII) or len(text) > 32:
            self.fail(f"{value!r} is not a time such as 90, 1:30 or 1:02:03", param, ctx)
        seconds = 0.0
        for place, part in enumerate(parts):
            # The first may be more: 90:00 is an hour and a half.
            if place and float(part) >= 60:
                self.fail(f"{value!r}: {part} is more than 59 after a colon", param, ctx)
            seconds = seconds * 60 + float(part)
        return seconds


@click.command(cls=SegueCommand)
@click.option("--track", metavar="TRACK", help="Search by a track of the catalogue: its id, the "
              "path or URI of its file, or \"artist – title\".")  # fmt: skip
@click.option("--file", "audio", type=click.Path(path_type=Path), help="Search by an audio file.")
@click.option("--start", "start_seconds", type=ClockType(), default=0.0, metavar="TIME",
              help="Where the passage of --file starts: 90, 1:30, 1:02:03.")  # fmt: skip
@click.option("--length", "length_seconds", type=ClockType(), default=0.0, metavar="TIME",
              help="Its length, written alike.  [default: to the end]")  # fmt: skip
@click.option("--vector", type=click.Path(path_type=Path), help="Search by a vector: a .npy file, "
              "or what segue embed writes.")  # fmt: skip
@click.option("--vector-of", metavar="FILE", help="Which of the files whose vectors --vector "
              "holds.  [default: the only one]")  # fmt: skip
@click.option("--genre", "genres", multiple=True, help="Of this genre; several: of any of them.")
@click.option("--all-genre", "all_genres", multiple=True, help="Of every genre named like this.")
@click.option("--not-genre", "not_genres", multiple=True, help="Not of this genre.")
@click.option("--mood", "moods", multiple=True, help="Of this mood; several: of any of them.")
@click.option("--all-mood", "all_moods", multiple=True, help="Of every mood named like this.")
@click.option("--not-mood", "not_moods", multiple=True, help="Not of this mood.")
@label_source_options
@click.option("--artist", "artists", multiple=True, help="By this artist.")
@click.option("--not-artist", "not_artists", multiple=True, help="Not by this artist.")
@click.option("--album", "albums", multiple=True, help="Of this album.")
@click.option("--not-album", "not_albums", multiple=True, help="Not of this album.")
@click.option("--key", "keys", multiple=True, help="In this key: Am, F#, 8A ...")
@click.option("--bpm", type=RangeType(), help="Of beats per minute in this range.")
@click.option("--year", type=RangeType(), help="Released in this range of years.")
@click.option("--duration", type=RangeType(), help="Of a length in this range of seconds.")
@click.option("--exclude", multiple=True, metavar="ID", help="Leave this track out.")
@click.option("--user", default="", metavar="ID", help="Mix in this listener's scores.")
@click.option("--mix", type=click.Choice(list(_METHODS)), help="How to mix in collaborative "
              "scores.  [default with --user or --weight: as learned, else weighted]")  # fmt: skip
@click.option("--weight", type=click.FloatRange(0, 1), help="Share of the collaborative side.")
@click.option("--all-copies", is_flag=True, help="Show every copy of a recording, and those of "
              "--track.  [default: one of each, with the number of others]")  # fmt: skip
@variety_options
@click.option("--explain", is_flag=True, help="Say what the scores are made of, and what of the "
              "candidates was dropped, and why.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, LARGEST_SEARCH_PAGE), default=10, show_default=True,
              help="Most answers.")  # fmt: skip
@click.option("--page-token", default="", metavar="TOKEN",
              help="Go on where a call ended: next_page_token of its --json.")  # fmt: skip
@click.option("--match", "level", type=click.Choice([one.value for one in MatchLevel]),
              help="Compare whole tracks or passages.  [default: passages for --file]")  # fmt: skip
@stack_options
def search(
    track: str | None,
    audio: Path | None,
    start_seconds: float,
    length_seconds: float,
    vector: Path | None,
    vector_of: str | None,
    genres: tuple[str, ...],
    all_genres: tuple[str, ...],
    not_genres: tuple[str, ...],
    moods: tuple[str, ...],
    all_moods: tuple[str, ...],
    not_moods: tuple[str, ...],
    label_source: str,
    probability: float | None,
    artists: tuple[str, ...],
    not_artists: tuple[str, ...],
    albums: tuple[str, ...],
    not_albums: tuple[str, ...],
    keys: tuple[str, ...],
    bpm: tuple[float | None, float | None] | None,
    year: tuple[float | None, float | None] | None,
    duration: tuple[float | None, float | None] | None,
    exclude: tuple[str, ...],
    user: str,
    mix: str | None,
    weight: float | None,
    all_copies: bool,
    variety: Variety,
    explain: bool,
    limit: int,
    page_token: str,
    level: str | None,
    address: str | None,
    data: Path | None,
    timeout_seconds: float,
    as_json: bool,
) -> None:
    """Find tracks that sound like a track (--track), an audio file (--file) or a vector."""
    if sum(seed is not None for seed in (track, audio, vector)) != 1:
        raise click.UsageError("give exactly one of --track, --file and --vector")
    if audio is None and (start_seconds or length_seconds):
        raise click.UsageError("--start and --length choose a passage of --file")
    if vector is None and vector_of is not None:
        raise click.UsageError("--vector-of chooses a vector of --vector")
    stack = find_stack(address, data, timeout_seconds)
    source = LabelSource(label_source)
    request = similarity_service_pb2.SearchSimilarTracksRequest(
        seed=_seed(audio, start_seconds, length_seconds, vector, vector_of),
        filter=filter_to_message(
            TrackFilter(
                genres=LabelMatch(genres, all_genres, not_genres, source, probability),
                moods=LabelMatch(moods, all_moods, not_moods, source, probability),
                artists=LabelMatch(any_of=artists, none_of=not_artists),
                albums=LabelMatch(any_of=albums, none_of=not_albums),
                keys=LabelMatch(any_of=keys),
                bpm=NumberRange() if bpm is None else NumberRange(*bpm),
                year=NumberRange() if year is None else NumberRange(*year),
                duration_seconds=NumberRange() if duration is None else NumberRange(*duration),
                exclude_track_ids=exclude,
                tempo_and_key_source=source,
            )
        ),
        page_size=limit,
        page_token=page_token,
        # One view for both outputs: a token of --json continues in a table.
        view=track_pb2.TRACK_VIEW_FULL,
        match_level=level_to_message(None if level is None else MatchLevel(level)),
        all_copies=all_copies,
        variety=variety_to_message(variety) if variety else None,
    )
    if mix is not None or user or weight is not None:
        share = DEFAULT_WEIGHT if weight is None else weight
        method = None if mix is None else _METHODS[mix]
        request.mix.CopyFrom(mix_to_message(Mix(method, share, user)))
    with stack.client() as client:
        if track is not None:
            request.seed.track_id = find_track(client, track)
        answer = client.search(request)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer, PlainConsole())
        if explain:
            print_reasons(answer, PlainConsole())


def print_answer(
    answer: similarity_service_pb2.SearchSimilarTracksResponse, console: PlainConsole
) -> None:
    """Print results as a table, and below it what the caller should know about them."""
    mix_status = mix_status_from_message(answer.collaborative_status)
    if answer.unknown_labels:
        labels = ", ".join(answer.unknown_labels)
        console.print(f"No track of the catalogue carries: {labels}")
    if answer.collaborative_message:
        console.print(answer.collaborative_message, style="yellow")
    elif mix_status is MixStatus.NO_SCORES:
        console.print(_NO_SCORES, style="yellow")
    if not answer.results:
        console.print("No tracks satisfy the search.")
        return
    mixed = mix_status is MixStatus.USED
    passages = any(result.HasField("passage") for result in answer.results)
    copies = any(result.others for result in answer.results)
    table = Table(
        title=f"embedding space {answer.embedding_space}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("#", justify="right")
    table.add_column("score", justify="right")
    if mixed:
        table.add_column("acoustic", justify="right", no_wrap=True)
        table.add_column("collab.", justify="right", no_wrap=True)
    if passages:
        table.add_column("passage", no_wrap=True)
    add_track_column(table, [result.track for result in answer.results], console)
    if copies:
        table.add_column("copies", justify="right", no_wrap=True)
    table.add_column("genres, moods", overflow="fold")
    for rank, result in enumerate(answer.results, start=1):
        cells: list[str | Text] = [str(rank), f"{result.score:.3f}"]
        if mixed:
            known = result.HasField("collaborative_score")
            cells.append(f"{result.acoustic_similarity:.3f}")
            cells.append(f"{result.collaborative_score:.2f}" if known else "–")
        if passages:
            cells.append(_passage(result))
        metadata = result.track.metadata
        labels = ", ".join((*metadata.genres, *metadata.moods))
        cells.append(track_cell(result.track))
        if copies:
            cells.append(f"+{result.others}" if result.others else "")
        table.add_row(*cells, labels)
    console.print(table, crop=False)


def _seed(
    audio: Path | None,
    start_seconds: float,
    length_seconds: float,
    vector: Path | None,
    vector_of: str | None,
) -> similarity_service_pb2.Seed | None:
    """The seed that needs no look-up, when one is given."""
    if audio is not None:
        return similarity_service_pb2.Seed(clip=_clip(audio, start_seconds, length_seconds))
    if vector is None:
        return None
    return similarity_service_pb2.Seed(embedding=read_vector(vector, vector_of))


def _clip(
    path: Path, start_seconds: float, length_seconds: float
) -> similarity_service_pb2.ClipSeed:
    """The file as it is, or its passage alone where the file is too large to send."""
    try:
        if path.stat().st_size <= LARGEST_CLIP_BYTES:
            return similarity_service_pb2.ClipSeed(
                audio=path.read_bytes(), start_seconds=start_seconds, length_seconds=length_seconds
            )
    except OSError as exc:
        raise unreadable(path, exc, by_command=True) from exc
    cut = excerpt(path, start_seconds=start_seconds, length_seconds=length_seconds)
    if len(cut) > LARGEST_CLIP_BYTES:
        raise ClipTooLarge(f"the passage of {path} has {len(cut)} bytes, over {LARGEST_CLIP_BYTES}")
    return similarity_service_pb2.ClipSeed(audio=cut)


def _passage(result: similarity_service_pb2.SimilarTrack) -> str:
    if not result.HasField("passage"):
        return ""
    return f"{clock(result.passage.start_seconds)}–{clock(result.passage.end_seconds)}"
