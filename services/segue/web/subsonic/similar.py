"""Songs that sound like others, and ways from one to another.

Similarities are cosines brought to [0, 1] as everywhere in Segue: ``(1 + cosine) / 2``.
"""

from __future__ import annotations

from segue.v1 import playlist_service_pb2, similarity_service_pb2, track_pb2
from segue.web.backend import CallRefused
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry, song_entry
from segue.web.subsonic.errors import Code, SubsonicError
from segue.web.subsonic.songs import Song, song_of

MOST = 500
MOST_OF_PATH = 100
MOST_PER_ARTIST = 3
"""Of a mix: lists that are all of one artist are what people complain of most."""

_PAGE = 100
_SEED_TRACKS = 1_000
_SEEDS_GONE = frozenset({"SEEDS_UNKNOWN", "TRACK_NOT_FOUND"})


async def get_sonic_similar_tracks(call: Call) -> Entry:
    """List songs by how much they sound like one, the most similar first."""
    track_id = ids.track_id_of(call.parameters.required("id"))
    count = call.parameters.integer("count", 10, most=MOST)
    seed = similarity_service_pb2.Seed(track_id=track_id)
    found = await _similar(call, seed, count, similarity_service_pb2.Variety())
    return {"sonicMatch": await _matches(call, found)}


async def find_sonic_path(call: Call) -> Entry:
    """Lead from one song to another in steps that are as even as they can be."""
    start = ids.track_id_of(call.parameters.required("startSongId"))
    end = ids.track_id_of(call.parameters.required("endSongId"))
    count = call.parameters.integer("count", 25, most=MOST_OF_PATH)
    if count < 2:
        raise SubsonicError(Code.GENERIC, "A path has at least two songs")
    request = playlist_service_pb2.FindPathRequest(
        from_track_id=start, to_track_id=end, tracks=count, view=track_pb2.TRACK_VIEW_FULL
    )
    path = await call.ask("PlaylistService", "FindPath", request)
    found = [(song_of(one.track), one.similarity) for one in path.tracks]
    return {"sonicMatch": await _matches(call, found)}


async def get_similar_songs(call: Call) -> Entry:
    """Mix songs that are like a song, an album or an artist."""
    return {"similarSongs": {"song": await _mix(call)}}


async def get_similar_songs2(call: Call) -> Entry:
    """Mix as :func:`get_similar_songs`."""
    return {"similarSongs2": {"song": await _mix(call)}}


async def _mix(call: Call) -> list[Entry]:
    seed = await _seed(call, call.parameters.required("id"))
    count = call.parameters.integer("count", 50, most=MOST)
    variety = similarity_service_pb2.Variety(most_per_artist=MOST_PER_ARTIST)
    found = await _similar(call, seed, count, variety)
    return await call.written([song for song, _ in found])


async def _seed(call: Call, identifier: str) -> similarity_service_pb2.Seed:
    kind = ids.kind_of(identifier)
    if kind is ids.Kind.SONG:
        return similarity_service_pb2.Seed(track_id=ids.track_id_of(identifier))
    if kind is ids.Kind.PLAYLIST:
        raise SubsonicError.not_found(identifier)
    if kind is ids.Kind.ALBUM:
        songs = list((await call.album(identifier)).songs)
    else:
        songs = (await call.artist(identifier)).songs
    track_ids = [song.track_id for song in songs[:_SEED_TRACKS]]
    playlist = similarity_service_pb2.PlaylistSeed(track_ids=track_ids)
    return similarity_service_pb2.Seed(playlist=playlist)


async def _similar(
    call: Call,
    seed: similarity_service_pb2.Seed,
    count: int,
    variety: similarity_service_pb2.Variety,
) -> list[tuple[Song, float]]:
    found: list[tuple[Song, float]] = []
    request = similarity_service_pb2.SearchSimilarTracksRequest(
        seed=seed,
        variety=variety,
        # Pages of one search want the same request but for their size.
        page_size=max(1, min(count, _PAGE)),
        view=track_pb2.TRACK_VIEW_FULL,
        # Of an album that was read a moment ago some may be gone.
        skip_unknown_seeds=True,
    )
    while len(found) < count:
        try:
            page = await call.ask("SimilarityService", "SearchSimilarTracks", request)
        except CallRefused as exc:
            if found and exc.reason in _SEEDS_GONE:
                break
            raise
        found += [(song_of(one.track), one.acoustic_similarity) for one in page.results]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return found[:count]


async def _matches(call: Call, found: list[tuple[Song, float]]) -> list[Entry]:
    stars = await call.stars()
    return [
        {"entry": song_entry(song, stars), "similarity": closeness(cosine)}
        for song, cosine in found
    ]


def closeness(cosine: float) -> float:
    """A cosine in [-1, 1] as the API wants it: 1 the same, 0 as different as can be."""
    return min(1.0, max(0.0, (1.0 + cosine) / 2.0))
