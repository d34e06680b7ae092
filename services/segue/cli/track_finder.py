"""Which track of the catalogue a person means: by id, by the place of its file, by its words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segue.cli.client import SegueClient
from segue.cli.pages import pages
from segue.cli.track_names import name_of, title_of
from segue.errors import InvalidRequest, SeedsUnknown, TrackNotFound
from segue.ingest_jobs import derived_track_id
from segue.library.places import path_below, path_of, place_of, uri_of, uri_of_place
from segue.limits import LARGEST_LIST_PAGE, MOST_QUERY_WORDS, MOST_READ_TRACKS, TEXT_BYTES
from segue.media_fragments import divided
from segue.texts import cut, shown_uri, without_folders
from segue.v1 import catalog_service_pb2, similarity_service_pb2, track_pb2
from segue.words import words_asked

MOST_CANDIDATES = 5
"""Tracks that are named where several are meant."""

_MOST_PAGES = 5
"""Pages of tracks that are read to see which one is meant by words that many have."""

_DASH = re.compile(r"\s+[-–—]\s+")


class TrackAmbiguous(InvalidRequest):
    """What was said to name one track names several."""

    reason = "TRACK_AMBIGUOUS"
    next_step = "Name the one that you mean by its id."


@dataclass(slots=True)
class FoundTracks:
    """Ids of tracks by what they were named; those that are not there are missing.

    Attributes
    ----------
    space
        Embedding space of the catalogue; empty when the catalogue was not asked.
    """

    ids: dict[str, str] = field(default_factory=dict)
    space: str = ""


def find_track(client: SegueClient, name: str, *, whole_words: bool = False) -> str:
    """Id of the one track that is meant; found as :func:`find_tracks` does.

    Raises
    ------
    TrackNotFound
        When there is none.
    TrackAmbiguous
        When there are several.
    """
    found = find_tracks(client, [name], whole_words=whole_words)
    if name not in found.ids:
        raise TrackNotFound(name, found.space or "this stack")
    return found.ids[name]


def find_tracks(
    client: SegueClient, names: Sequence[str], *, whole_words: bool = False
) -> FoundTracks:
    """Find tracks by their ids, else by path or URI of their files, else by words.

    Of the tracks that have the words of a name, in title, artists or album, those are meant that
    are called just like it, as title or "artist – title"; else those that have whole words of it;
    else those whose words begin like its own.

    Ids are looked up together, in one call for up to 1 000. Further calls are made only for names
    that are no ids.

    Parameters
    ----------
    whole_words
        Take no words that only begin like those of a name: for what cannot be undone.

    Raises
    ------
    TrackAmbiguous
        When a name that is no id is that of several tracks.
    """
    found = FoundTracks()
    for track in _read(client, names, track_pb2.TRACK_VIEW_ID, found):
        found.ids[track.track_id] = track.track_id
    places = {name: uris for name in _open(names, found) if (uris := _uris(name))}
    _find_derived(client, places, found)
    _find_by_source(
        client,
        {name: places[name] for name in _open(list(places), found) if _is_place(name)},
        found,
    )
    for name in _open(names, found):
        if not _must_be_place(name):
            _find_by_words(client, name, found, whole_words=whole_words)
    return found


def known_tracks(client: SegueClient, names: Sequence[str]) -> list[str]:
    """Ids of tracks that are all there, in the order of the names.

    Raises
    ------
    TrackNotFound
        When some are not there; it names each of them.
    TrackAmbiguous
        When a name is that of several tracks.
    """
    if not names:
        return []
    found = find_tracks(client, names)
    missing = _open(names, found)
    if missing:
        raise TrackNotFound(missing[0], found.space or "this stack", missing[1:])
    return [found.ids[name] for name in names]


def seed_tracks(
    client: SegueClient, names: Sequence[str], astray: Sequence[str], *, skip_unknown: bool
) -> dict[str, str]:
    """Ids of tracks that something starts from, by what they are named.

    Parameters
    ----------
    astray
        Others that are known to be missing, as they are to be named.
    skip_unknown
        Leave what is not there to the server: a name of none stands for itself.

    Raises
    ------
    TrackNotFound
        When the only one is not there.
    SeedsUnknown
        When others are not there; it names each of them.
    TrackAmbiguous
        When a name is that of several tracks.
    """
    names = list(dict.fromkeys(names))
    found = find_tracks(client, names)
    unknown = [*_open(names, found), *astray]
    if unknown and not skip_unknown:
        if names == unknown and len(names) == 1:
            raise TrackNotFound(names[0], found.space or "this stack")
        raise SeedsUnknown([f"track {name}" for name in unknown])
    return {name: found.ids.get(name, name) for name in names}


def can_be_id(name: str) -> bool:
    """Whether a name can be sent as the id of a track."""
    return _can_be_sent(name, TEXT_BYTES["track_id"])


def _open(names: Sequence[str], found: FoundTracks) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in found.ids]


def _read(
    client: SegueClient, ids: Sequence[str], view: track_pb2.TrackView, found: FoundTracks
) -> Iterator[track_pb2.Track]:
    wanted = [one for one in dict.fromkeys(ids) if can_be_id(one)]
    for first in range(0, len(wanted), MOST_READ_TRACKS):
        answer = client.catalog(
            "GetTracks",
            catalog_service_pb2.GetTracksRequest(
                track_ids=wanted[first : first + MOST_READ_TRACKS], view=view
            ),
        )
        found.space = answer.embedding_space
        yield from answer.tracks


def _list(
    client: SegueClient, request: catalog_service_pb2.ListTracksRequest
) -> Iterator[track_pb2.Track]:
    for answer in pages(client, "ListTracks", request):
        yield from answer.tracks


def _find_derived(client: SegueClient, places: dict[str, list[str]], found: FoundTracks) -> None:
    """Find tracks whose ids follow from the places of their files, and that still lie there."""
    derived: dict[str, tuple[str, list[str]]] = {}
    for name, uris in places.items():
        for uri in uris:
            derived.setdefault(derived_track_id("uri", uri), (uri, []))[1].append(name)
    for track in _read(client, list(derived), track_pb2.TRACK_VIEW_SOURCE, found):
        uri, named = derived[track.track_id]
        shown = shown_uri(uri)
        # Guests are shown the last part of a path only.
        if track.source_uri in (shown, without_folders(shown)):
            found.ids.update(dict.fromkeys(named, track.track_id))


def _find_by_source(client: SegueClient, places: dict[str, list[str]], found: FoundTracks) -> None:
    """Find tracks that have ids of their own, or were moved, by looking through the catalogue."""
    if not places:
        return
    names: dict[str, list[str]] = {}
    for name, uris in places.items():
        for place in set(map(_place, uris)):
            names.setdefault(place, []).append(name)
    request = catalog_service_pb2.ListTracksRequest(view=track_pb2.TRACK_VIEW_SOURCE)
    meant: dict[str, list[track_pb2.Track]] = {}
    for track in _list(client, request):
        for name in (name for place in _places(track.source_uri) for name in names.get(place, ())):
            meant.setdefault(name, []).append(track)
    for name, tracks in meant.items():
        found.ids[name] = _only(name, tracks)


def _find_by_words(
    client: SegueClient, name: str, found: FoundTracks, *, whole_words: bool
) -> None:
    words = words_asked(name)
    asked = " ".join(words[:MOST_QUERY_WORDS])
    query = cut(asked, TEXT_BYTES["query"])
    if not query:
        return
    tracks, more = _having_words(client, query)
    meant = _called(words, tracks) or _having_whole_words(words, tracks)
    if not meant and not whole_words and query == asked and len(words) <= MOST_QUERY_WORDS:
        meant = tracks
    if meant:
        found.ids[name] = _only(name, meant, more=more)


def _having_words(client: SegueClient, query: str) -> tuple[list[track_pb2.Track], bool]:
    """Tracks that are found by words, and whether there are still more."""
    request = similarity_service_pb2.SearchTracksRequest(
        query=query, page_size=LARGEST_LIST_PAGE, view=track_pb2.TRACK_VIEW_FULL
    )
    tracks: list[track_pb2.Track] = []
    for _ in range(_MOST_PAGES):
        answer = client.find(request)
        tracks += answer.tracks
        request.page_token = answer.next_page_token
        if not request.page_token:
            break
    return tracks, bool(request.page_token)


def _called(words: list[str], tracks: Sequence[track_pb2.Track]) -> list[track_pb2.Track]:
    """Those whose title, or "artist – title", has just these words."""
    return [track for track in tracks if words in _names(track)]


def _names(track: track_pb2.Track) -> Iterator[list[str]]:
    title = title_of(track)
    yield words_asked(title)
    for artist in (track.metadata.artist, *track.metadata.artists):
        yield words_asked(f"{artist} – {title}")


def _having_whole_words(
    words: Sequence[str], tracks: Sequence[track_pb2.Track]
) -> list[track_pb2.Track]:
    return [track for track in tracks if set(words).issubset(_words(track))]


def _words(track: track_pb2.Track) -> list[str]:
    said = track.metadata
    texts = (title_of(track), said.artist, *said.artists, said.album_artist, said.album)
    return [word for text in texts for word in words_asked(text)]


def _only(name: str, tracks: Sequence[track_pb2.Track], *, more: bool = False) -> str:
    if len(tracks) == 1 and not more:
        return tracks[0].track_id
    candidates = [
        f"{track.track_id} ({name_of(track) or track.source_uri})"
        for track in tracks[:MOST_CANDIDATES]
    ]
    rest = len(tracks) - len(candidates)
    raise TrackAmbiguous(
        f"{name!r} names {'at least ' if more else ''}{len(tracks)} "
        f"track{'s' if len(tracks) > 1 else ''}: {', '.join(candidates)}"
        + (f" and {rest} more" if rest else "")
    )


def _uris(name: str) -> list[str]:
    """URIs that the source of a track may have which is named by a path or a URI."""
    place = place_of(name)
    path = path_of(name)
    if place is not None:
        uris = [name, uri_of_place(place)]
    elif path is not None:
        uris = [name, uri_of(path)]
    elif "://" in name:
        uris = [name]
    elif "\0" in name:
        return []
    else:
        below = path_below(Path.cwd(), name)
        # Files that were named one by one stand under the folder that links lead to.
        folder, last = os.path.split(below)
        real = path_below(os.path.realpath(folder), last)
        uris = [uri_of(below), uri_of(real), uri_of_place(below), uri_of_place(real)]
    return [uri for uri in dict.fromkeys(uris) if _can_be_sent(uri, TEXT_BYTES["uri"])]


def _must_be_place(name: str) -> bool:
    return "://" in name or name.startswith(("/", "./", "../"))


def _is_place(name: str) -> bool:
    """Whether a name is worth looking through all sources for."""
    if _must_be_place(name):
        return True
    return os.path.lexists(name) or ("/" in name and not _DASH.search(name))


def _place(uri: str) -> str:
    """Place of a file's URI, however that is escaped; any other URI as it is shown."""
    return place_of(uri) or path_of(uri) or shown_uri(uri)


def _places(uri: str) -> Iterator[str]:
    """Places by which a track may be named: its own, and its file where it is a part of one."""
    place = _place(uri)
    yield place
    path, part = divided(place)
    if part is not None:
        yield path


def _can_be_sent(text: str, largest_bytes: int) -> bool:
    try:
        return 0 < len(text.encode()) <= largest_bytes
    except UnicodeEncodeError:
        return False
