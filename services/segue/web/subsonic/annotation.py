"""What the account says of music: stars, and what it has played."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from segue.v1 import listener_service_pb2
from segue.web.plays import plays_of
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry
from segue.web.subsonic.errors import Code, SubsonicError

PLAY = listener_service_pb2.INTERACTION_KIND_PLAY
LIKE = listener_service_pb2.INTERACTION_KIND_LIKE


async def star(call: Call) -> Entry:
    """Star songs, albums and artists; a song that is starred is one that the account likes."""
    items = _items(call)
    songs = [ids.track_id_of(one) for one in items if ids.is_song(one)]
    await _check_present(call, items, songs)
    starred = await call.stars()
    liked = [one for one in songs if ids.song_id(one) not in starred]
    # First: what is starred already is not recorded, so a call that failed can be made again.
    await _record(call, [_interaction(call, one, LIKE) for one in liked])
    await call.store.star(call.account.account_id, items)
    return {}


async def unstar(call: Call) -> Entry:
    """Take stars back."""
    await call.store.unstar(call.account.account_id, _items(call))
    return {}


async def scrobble(call: Call) -> Entry:
    """Take down that songs were played; what is only beginning to play is passed over."""
    songs = [ids.track_id_of(one) for one in call.parameters.every("id")]
    if not songs:
        raise SubsonicError.missing("id")
    moments = call.parameters.integers("time")
    if not call.parameters.boolean("submission", default=True):
        return {}
    interactions = [_interaction(call, one, PLAY) for one in songs]
    for interaction, moment in zip(interactions, moments, strict=False):
        _set_moment(interaction.occurred_at, moment)
    await _record(call, interactions)
    return {}


async def _check_present(call: Call, items: list[str], songs: list[str]) -> None:
    present = {song.track_id for song in await call.tracks(songs)}
    for track_id in songs:
        if track_id not in present:
            raise SubsonicError.not_found(ids.song_id(track_id))
    for item in items:
        kind = ids.kind_of(item)
        if kind is ids.Kind.ALBUM:
            await call.album(item)
        elif kind is ids.Kind.ARTIST:
            await call.artist(item)


def _items(call: Call) -> list[str]:
    items: list[str] = []
    for name in ("id", "albumId", "artistId"):
        items += call.parameters.every(name)
    if not items:
        raise SubsonicError.missing("id")
    for item in items:
        if ids.kind_of(item) is ids.Kind.PLAYLIST:
            raise SubsonicError.not_found(item)
    return list(dict.fromkeys(items))


def _interaction(
    call: Call, track_id: str, kind: listener_service_pb2.InteractionKind
) -> listener_service_pb2.Interaction:
    return listener_service_pb2.Interaction(
        user_id=call.account.account_id,
        track_id=track_id,
        kind=kind,
    )


def _set_moment(stamp: Timestamp, milliseconds: int) -> None:
    try:
        stamp.FromMilliseconds(milliseconds)
    except ValueError as exc:
        raise SubsonicError(Code.GENERIC, "time is no point in time that can be told") from exc


async def _record(call: Call, interactions: list[listener_service_pb2.Interaction]) -> None:
    await plays_of(call.request).record_all(interactions, call.caller)
