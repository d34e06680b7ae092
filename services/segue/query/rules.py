"""Which candidates may be answers: each in its turn, and why the others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from segue.query.shown import Shown
from segue.tracks import LabelMatch, Track, TrackFilter
from segue.variety import Variety, albums_of, artists_of


class Drop(Enum):
    """Why a candidate is no answer."""

    SEED = "SEED"
    SHOWN_BEFORE = "SHOWN_BEFORE"
    NEWER_THAN_SEARCH = "NEWER_THAN_SEARCH"
    SEED_ALBUM = "SEED_ALBUM"
    SEED_ARTIST = "SEED_ARTIST"
    COPY = "COPY"
    ARTIST_CAP = "ARTIST_CAP"
    ALBUM_CAP = "ALBUM_CAP"
    SUGGESTION_UNFIT = "SUGGESTION_UNFIT"
    """The collaborative side named it, but the filter leaves it out, or nothing of it is stored."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a further search of the engine need not find: it would be dropped all the same."""

    artists: frozenset[str] = frozenset()
    albums: frozenset[str] = frozenset()
    track_ids: frozenset[str] = frozenset()

    def __le__(self, other: Exclusions) -> bool:
        return (
            self.artists <= other.artists
            and self.albums <= other.albums
            and self.track_ids <= other.track_ids
        )

    def leave(self, track: Track) -> bool:
        """Whether a track may still be found."""
        return (
            track.track_id not in self.track_ids
            and self.artists.isdisjoint(artists_of(track))
            and self.albums.isdisjoint(albums_of(track))
        )

    def within(self, where: TrackFilter) -> TrackFilter:
        """A filter, and none of this."""
        if not (self.artists or self.albums or self.track_ids):
            return where
        return replace(
            where,
            artists=_and_none_of(where.artists, self.artists),
            albums=_and_none_of(where.albums, self.albums),
            exclude_track_ids=tuple(sorted(self.track_ids.union(where.exclude_track_ids))),
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What the answers of one search must satisfy together.

    Attributes
    ----------
    seed_ids, seed_artists, seed_albums
        Of the seeds; artists and albums as filters compare them.
    shown
        On the pages before: what they took up counts.
    all_copies
        Whether all copies of a recording may be answers.
    """

    variety: Variety
    seed_ids: frozenset[str]
    seed_artists: frozenset[str]
    seed_albums: frozenset[str]
    shown: Shown
    all_copies: bool

    @classmethod
    def of(
        cls,
        variety: Variety,
        seed_ids: frozenset[str],
        seeds: Iterable[Track],
        shown: Shown,
        *,
        all_copies: bool,
    ) -> Rules:
        """Rules of a search that starts from ``seeds``."""
        tracks = list(seeds)
        artists: frozenset[str] = frozenset()
        albums: frozenset[str] = frozenset()
        if variety.not_seed_artists:
            artists = artists.union(*map(artists_of, tracks))
        if variety.not_seed_albums:
            albums = albums.union(*map(albums_of, tracks))
        return cls(variety, seed_ids, artists, albums, shown, all_copies)


@dataclass(slots=True)
class Turns:
    """Candidates in their turn, under rules; those on the pages before had theirs.

    Attributes
    ----------
    dropped
        By track id, why.
    admitted
        Tracks that may be answers, and those that were.
    """

    rules: Rules
    dropped: dict[str, Drop] = field(default_factory=dict)
    admitted: list[Track] = field(default_factory=list)
    _artists: Counter[str] = field(default_factory=Counter)
    _albums: Counter[str] = field(default_factory=Counter)
    _recordings: set[str] = field(default_factory=set)

    @classmethod
    def after(cls, rules: Rules, found: Collection[Track]) -> Turns:
        """Turns of candidates, of which those that were shown have had theirs."""
        turns = cls(rules)
        for track in found if len(rules.shown) else ():
            if rules.shown.place(track.track_id) is not None:
                turns.dropped[track.track_id] = Drop.SHOWN_BEFORE
                turns._take(track)
        return turns

    def admits(self, track: Track) -> bool:
        """Whether the next candidate may be an answer; if so, it counts for the ones after it."""
        drop = self._drop(track)
        if drop is not None:
            self.dropped[track.track_id] = drop
            return False
        self._take(track)
        return True

    def exclusions(self) -> Exclusions:
        """What is full, but for copies: who may not be found, the index of recordings knows."""
        variety = self.rules.variety
        return Exclusions(
            self.rules.seed_artists | _full(self._artists, variety.most_per_artist),
            self.rules.seed_albums | _full(self._albums, variety.most_per_album),
            frozenset(
                track_id
                for track_id, drop in self.dropped.items()
                if drop is Drop.NEWER_THAN_SEARCH
            ),
        )

    def _drop(self, track: Track) -> Drop | None:
        rules, variety = self.rules, self.rules.variety
        if track.track_id in self.dropped:
            return self.dropped[track.track_id]
        if track.track_id in rules.seed_ids:
            return Drop.SEED
        if rules.shown.is_older_than(track):
            return Drop.NEWER_THAN_SEARCH
        if rules.seed_albums and not rules.seed_albums.isdisjoint(albums_of(track)):
            return Drop.SEED_ALBUM
        if rules.seed_artists and not rules.seed_artists.isdisjoint(artists_of(track)):
            return Drop.SEED_ARTIST
        if track.recording and track.recording in self._recordings:
            return Drop.COPY
        if variety.most_per_artist and any(
            self._artists[name] >= variety.most_per_artist for name in artists_of(track)
        ):
            return Drop.ARTIST_CAP
        if variety.most_per_album and any(
            self._albums[name] >= variety.most_per_album for name in albums_of(track)
        ):
            return Drop.ALBUM_CAP
        return None

    def _take(self, track: Track) -> None:
        self.admitted.append(track)
        if self.rules.variety.most_per_artist:
            self._artists.update(artists_of(track))
        if self.rules.variety.most_per_album:
            self._albums.update(albums_of(track))
        if track.recording and not self.rules.all_copies:
            self._recordings.add(track.recording)


def _full(counts: Counter[str], most: int) -> frozenset[str]:
    return frozenset(name for name, count in counts.items() if most and count >= most)


def _and_none_of(match: LabelMatch, names: frozenset[str]) -> LabelMatch:
    if not names:
        return match
    return replace(match, none_of=tuple(sorted(names.union(match.none_of))))
