"""Saved playlists: those of the account, and the public ones of others."""

from __future__ import annotations

from dataclasses import replace

from segue.saved_playlists import PlaylistDraft, SavedPlaylist, without_places
from segue.web.subsonic import ids
from segue.web.subsonic.call import Call
from segue.web.subsonic.entries import Entry, playlist_entry
from segue.web.subsonic.errors import Code, SubsonicError


async def get_playlists(call: Call) -> Entry:
    """List playlists."""
    name = call.account.name
    asked = call.parameters.get("username", name)
    if asked.lower() != name.lower():
        raise SubsonicError(Code.NOT_PERMITTED, "Playlists are listed for their own account only")
    own = call.account.account_id
    listed = [playlist_entry(one, own) for one in await call.playlists.every()]
    return {"playlists": {"playlist": listed}}


async def get_playlist(call: Call) -> Entry:
    """Give a playlist with its songs; songs that are gone are left out."""
    saved = ids.saved_playlist_of(call.parameters.required("id"))
    return await _written(call, await call.playlists.get(saved))


async def create_playlist(call: Call) -> Entry:
    """Save a new playlist, or other songs, in this order, as one that is there."""
    track_ids = tuple(map(ids.track_id_of, call.parameters.every("songId")))
    identifier, name = call.parameters.get("playlistId"), call.parameters.get("name")
    if not identifier:
        draft = PlaylistDraft(call.parameters.required("name"), track_ids)
        return await _written(call, await call.playlists.create(draft))

    def other(draft: PlaylistDraft) -> PlaylistDraft:
        return replace(draft, track_ids=track_ids, name=name or draft.name)

    saved = ids.saved_playlist_of(identifier)
    return await _written(call, await call.playlists.change(saved, other))


async def update_playlist(call: Call) -> Entry:
    """Change what is said of a playlist, take songs out by their places, and add others."""
    parameters = call.parameters
    saved = ids.saved_playlist_of(parameters.required("playlistId"))
    added = tuple(map(ids.track_id_of, parameters.every("songIdToAdd")))
    gone = parameters.integers("songIndexToRemove")
    there = await _there(call, saved) if gone else frozenset()
    name, comment = parameters.get("name"), parameters.get("comment")

    def changed(draft: PlaylistDraft) -> PlaylistDraft:
        # Clients count the songs that they are shown: those that are in the catalogue.
        shown = [place for place, one in enumerate(draft.track_ids) if one in there]
        taken_out = [shown[number] for number in gone if 0 <= number < len(shown)]
        return replace(
            draft,
            name=name or draft.name,
            comment=comment if parameters.has("comment") else draft.comment,
            public=parameters.boolean("public", default=draft.public),
            track_ids=(*without_places(draft.track_ids, taken_out), *added),
        )

    await call.playlists.change(saved, changed)
    return {}


async def delete_playlist(call: Call) -> Entry:
    """Remove a playlist."""
    await call.playlists.remove(ids.saved_playlist_of(call.parameters.required("id")))
    return {}


async def _there(call: Call, playlist_id: str) -> frozenset[str]:
    """Ids of the tracks of a playlist that are in the catalogue."""
    playlist = await call.playlists.get(playlist_id)
    return frozenset(song.track_id for song in await call.tracks(list(playlist.track_ids)))


async def _written(call: Call, playlist: SavedPlaylist) -> Entry:
    songs = await call.tracks(list(playlist.track_ids))
    entries = await call.written(songs)
    # A client counts what it is given, so songs that are gone do not count here.
    said = playlist_entry(playlist.summary, call.account.account_id) | {
        "songCount": len(songs),
        "duration": round(sum(song.duration_seconds for song in songs)),
    }
    return {"playlist": said | {"entry": entries}}
