"""Why a search answered as it did, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from segue.cli.track_table import TrackTable, track_cell
from segue.output import PlainConsole
from segue.v1 import similarity_service_pb2 as messages

_MOST_GENRES = 2

_LEARNED = "learned"
"""What ``SearchExplanation.ranker`` says of a learned ranker."""


def print_reasons(answer: messages.SearchSimilarTracksResponse, console: PlainConsole) -> None:
    """Print what the scores are made of, and how many candidates there were and were dropped."""
    results = answer.results
    learned = answer.explanation.ranker == _LEARNED
    halves = any(one.explanation.HasField("sound_similarity") for one in results)
    table = TrackTable([one.track for one in results], console)
    table.add_numbers("#", *(("score",) if learned else ("acoustic", "collab.")), "boosts")
    if halves:
        table.add_numbers("sound", "style")
    table.add_track()
    table.table.add_column("shared", min_width=11, overflow="fold")
    table.table.add_column("genres heard", min_width=14, overflow="fold")
    table.table.add_column("found by", min_width=8, overflow="fold")
    for rank, one in enumerate(results, start=1):
        why = one.explanation
        sides = (why.acoustic_contribution, why.collaborative_contribution)
        # A ranker makes one score of both sides.
        made = (one.score - why.boost_contribution,) if learned else sides
        cells = [str(rank), *(f"{part:+.3f}" for part in (*made, why.boost_contribution))]
        if halves:
            cells += [f"{why.sound_similarity:.3f}", f"{why.style_similarity:.3f}"]
        genres = ", ".join(
            f"{share.label} {share.probability:.0%}"
            for share in why.genre_composition[:_MOST_GENRES]
        )
        table.table.add_row(
            *cells,
            track_cell(one.track),
            ", ".join(why.shared_labels),
            genres,
            ", ".join(why.found_by),
        )
    if results:
        console.print(
            "The scores are made by the learned ranker, of both sides at once:"
            if learned
            else "What the scores are made of:"
        )
        table.print()
    print_course(answer.explanation, console)


def print_course(how: messages.SearchExplanation, console: PlainConsole) -> None:
    """Print how many candidates there were and were dropped, and why."""
    console.print(f"Ordered by: {how.ranker}; searches of the index: {how.engine_searches}")
    console.print(f"Candidates: {_counts(how.candidates)}; dropped: {_counts(how.dropped)}")
    if how.fallback:
        console.print(how.fallback, style="yellow")


def _counts(counts: Iterable[messages.NamedCount]) -> str:
    return ", ".join(f"{one.count} {one.name}" for one in counts) or "none"
