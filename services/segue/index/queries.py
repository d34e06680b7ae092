"""What an index is asked for in one search."""

from __future__ import annotations

from dataclasses import dataclass

from segue.tracks import Granularity, TrackFilter, Vector


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """The ``limit`` tracks most similar to a vector, or to a stored track, that satisfy ``where``.

    Attributes
    ----------
    vector
        Of the song vectors' space, of any length but 0; with ``GENRES`` shares of genres, of sum 1.
        None: that of ``track_id``.
    track_id
        A stored track, whose own vector is compared; it is never among its answers. A server is
        asked by its id, so that the vector does not travel. Empty where ``vector`` is given.
    exact
        Compare with every vector that ``where`` leaves, instead of asking the graph.
    passages_each
        With ``PASSAGES``, the most passages that an answer shows, best first.
    with_vectors
        Whether answers bring their song vectors.
    whole
        Whether answers bring all that is known of their tracks. Otherwise an engine may leave out
        what is heard in them and whose word their metadata are, which are most of what is stored.
    only_ids
        With ``PASSAGES``: whoever asks reads the tracks of those answers that it needs. An engine
        may then leave out all but the ids of the tracks, and answer with some that are not stored
        whole (yet, or any more).
    counts_passages
        With ``PASSAGES``, ``limit`` counts these and not tracks: of whichever tracks the nearest so
        many are, all of them are shown. The engine is asked once, though few tracks have them all.
    """

    vector: Vector | None
    limit: int
    track_id: str = ""
    where: TrackFilter = TrackFilter()
    granularity: Granularity = Granularity.TRACKS
    exact: bool = False
    passages_each: int = 1
    with_vectors: bool = False
    whole: bool = True
    only_ids: bool = False
    counts_passages: bool = False
