"""Ids for clients: they survive addresses and file names, and lead back."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from segue.web.subsonic import ids
from segue.web.subsonic.errors import Code, SubsonicError


@pytest.mark.parametrize("track_id", ["uri-0f", "a b/c?d&e=f", "é", "x" * 256, "-", ".", "tr-1"])
def test_the_id_of_a_song_leads_back_to_its_track(track_id: str) -> None:
    identifier = ids.song_id(track_id)
    assert ids.track_id_of(identifier) == track_id
    assert quote(identifier, safe="") == identifier  # clients put it into addresses as it is
    assert ids.kind_of(identifier) is ids.Kind.SONG
    assert ids.is_song(identifier)


def test_names_are_told_apart_as_the_catalogue_does() -> None:
    assert ids.artist_id("BJÖRK") == ids.artist_id("bjo\u0308rk")
    assert ids.artist_id("Bjork") != ids.artist_id("Björk")
    assert ids.album_id("a", "bc") != ids.album_id("ab", "c")
    assert ids.album_id("", "x").startswith("al-")
    assert ids.artist_id("Ann") == "ar-49915e0d7d4b402e3017"  # the same for ever


@pytest.mark.parametrize("identifier", ["", "1", "al-", "tx-!", "tx-_w", "pl-1", "TR-1"])
def test_what_is_no_song_is_not_found(identifier: str) -> None:
    with pytest.raises(SubsonicError) as caught:
        ids.track_id_of(identifier)
    assert caught.value.code is Code.NOT_FOUND


def test_playlists_have_ids_of_their_own() -> None:
    assert ids.saved_playlist_of(ids.playlist_id("0f")) == "0f"
    with pytest.raises(SubsonicError):
        ids.saved_playlist_of("tr-0f")
    with pytest.raises(SubsonicError):
        ids.kind_of("nothing")
