"""Answers of a search as tables."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from segue.cli.clock import clock
from segue.cli.track_table import TrackTable, track_cell
from segue.mix import MixStatus
from segue.output import PlainConsole, lines
from segue.v1 import similarity_service_pb2
from segue.wire.search import mix_status_from_message

_NO_SCORES = "the collaborative source has no scores for these tracks: this is acoustic order"
_NOTHING = "No tracks satisfy the search."


def print_answer(
    answer: similarity_service_pb2.SearchSimilarTracksResponse, console: PlainConsole
) -> None:
    """Print results as a table, and below it what the caller should know about them."""
    mix_status = mix_status_from_message(answer.collaborative_status)
    if answer.unknown_seeds:
        console.print(f"Not known, and passed over: {', '.join(answer.unknown_seeds)}")
    _print_unknown_labels(answer.unknown_labels, console)
    if answer.collaborative_message:
        console.print(answer.collaborative_message, style="yellow")
    elif mix_status is MixStatus.NO_SCORES:
        console.print(_NO_SCORES, style="yellow")
    if not answer.results:
        console.print(_NOTHING)
        return
    mixed = mix_status is MixStatus.USED
    passages = any(result.HasField("passage") for result in answer.results)
    copies = any(result.others for result in answer.results)
    tracks = [result.track for result in answer.results]
    table = TrackTable(tracks, console, space=answer.embedding_space)
    table.add_numbers("#", "score")
    if mixed:
        table.add_numbers("acoustic", "collab.")
    if passages:
        table.table.add_column("passage", no_wrap=True)
    table.add_track()
    if copies:
        table.add_numbers("copies")
    table.add_labels()
    for rank, result in enumerate(answer.results, start=1):
        cells: list[str | Text] = [str(rank), f"{result.score:.3f}"]
        if mixed:
            known = result.HasField("collaborative_score")
            cells.append(f"{result.acoustic_similarity:.3f}")
            cells.append(f"{result.collaborative_score:.2f}" if known else "–")
        if passages:
            cells.append(_times(result.passage) if result.HasField("passage") else "")
        cells.append(track_cell(result.track))
        if copies:
            cells.append(f"+{result.others}" if result.others else "")
        table.table.add_row(*cells, table.labels(result.track))
    table.print()


def print_passages(
    answer: similarity_service_pb2.SearchSegmentsResponse, console: PlainConsole
) -> None:
    """Print the passages of each track as a table, best first, each on a line of its own."""
    _print_unknown_labels(answer.unknown_labels, console)
    if not answer.results:
        console.print(_NOTHING)
        return
    copies = any(result.others for result in answer.results)
    tracks = [result.track for result in answer.results]
    table = TrackTable(tracks, console, space=answer.embedding_space)
    table.add_numbers("#", "score")
    table.table.add_column("passage", no_wrap=True)
    table.add_track()
    if copies:
        table.add_numbers("copies")
    table.add_labels()
    for rank, result in enumerate(answer.results, start=1):
        cells: list[str | Text] = [
            str(rank),
            lines(*(f"{passage.similarity:.3f}" for passage in result.passages)),
            lines(*map(_times, result.passages)),
            track_cell(result.track),
        ]
        if copies:
            cells.append(f"+{result.others}" if result.others else "")
        table.table.add_row(*cells, table.labels(result.track))
    table.print()


def _print_unknown_labels(labels: Iterable[str], console: PlainConsole) -> None:
    named = ", ".join(labels)
    if named:
        console.print(f"No track of the catalogue carries: {named}")


def _times(passage: similarity_service_pb2.MatchedPassage) -> str:
    return f"{clock(passage.start_seconds)}–{clock(passage.end_seconds)}"
