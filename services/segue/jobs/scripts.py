"""Every change of an item's state, as Lua that Redis runs atomically.

The scripts stand in ``lua``, each begins with what it is given and gives; what several of them need
stands in ``lua/shared``.

Keys (all start with ``segue:``)

    job:<job>            hash    created, finished, stopped, total, version, a count per state, and
                                 the catalogue where it is not the default one
    job:<job>:items      hash    number → the item as it was submitted (JSON)
    job:<job>:states     hash    number → where the item stands (JSON)
    job:<job>:changed    zset    number → the job's version at the item's last change; no two items
                                 have the same, so a reader can go on after any of them
    jobs                 zset    job → its place in the order of the jobs' beginnings
    jobs:ending          zset    finished job → when it is forgotten (ms)
    waiting              zset    item id → when it may run (ms); every QUEUED and RETRYING item
    waiting:<lane>       zset    the same, of one lane: who asked, and for a guest from where, and
                                 whether a URL has to be fetched
    turns                zset    lane → when it had its last turn, as counted by ``turn``
    fetching             hash    RUNNING item whose URL a guest named → the worker that fetches it
    leases               zset    item id → when its lease ends (ms); every RUNNING item
    holders              hash    owner → the RUNNING item that it took last
    unfinished           zset    item id → when it was accepted (ms)
    spooled              set     spool:// URIs of uploads that are not in the index yet
    dead                 zset    item id → its place in the order of deaths
    dead:reason:<why>    zset    the same, of one reason
    dead:track:<track>   set     the item ids, of one track
    dead:letters         hash    item id → the dead letter (JSON)
    request:<id>         string  the job of an accepted request, for an hour
    dismissed:<id>       string  how many letters a request dismissed, for an hour
    workers              zset    worker → when it last said that it lives (ms)
    workers:about        hash    worker → what it says of itself (JSON)

    changed-tracks       stream  ids of tracks (t) that were stored, changed or deleted, the last
                                 10,000; '' only marks a position
    listeners:interactions  stream  what listeners did, until it is written to files: listener (u),
                                    track (t), kind (k), moment (o, ms), seconds (s)
    listeners:stream        string  id of that stream: another one after the queue's data were lost
    listeners:plays:<who>   list    a listener's newest plays and likes, oldest first:
                                    moment (ms, of 15 digits), kind, track
    listeners:recent        zset    listener with such plays → when the last was recorded (ms)
    listeners:forgetting    hash    listener who is being forgotten → the last entry that goes
    listeners:old-log       string  there while Redis's log on the disk may hold what was forgotten
    listeners:request:<id>  string  how many interactions a request recorded, for an hour

    factors:current         string  version of the factors that are served
    factors:versions        hash    version → what is said of it (JSON)
    factors:begun           set     versions of which anything may lie here
    factors:publishing      string  who publishes now, for a minute
    factors:forgotten       zset    SHA-256 of a listener who was forgotten → when (s), for a day
    factors:<version>:tracks:<n>  string  a piece of the packed table of tracks
    factors:<version>:listeners   hash    listener → factors, float32 in little endian

    map:wanted              hash    the map that is wanted: id, anew, attempts, not_before (ms), and
                                    why the last attempt failed
    map:holder              string  who makes it now, for twenty seconds
    map:progress            string  how far it is (JSON), for as long
    map:spaces              zset    embedding space with a map → when it was made (s)
    map:<space>:current     string  version of the map that is served
    map:<space>:versions    hash    version → what is said of it (JSON)
    map:<space>:<version>   string  the map

    ranker:current          string  version of the learned ranker that is served
    ranker:versions         hash    version → what is said of it (JSON)
    ranker:<version>:trees  string  its trees (JSON)

    playlists               hash    saved playlist → what is said of it (JSON)
    playlists:<id>:tracks   string  ids of its tracks (JSON)
    stars:<account>         hash    song, album or artist that the account has starred → when (ms)

Of another catalogue than the default one, ``jobs``, ``jobs:ending``, ``dead``, ``dead:reason``,
``dead:track``, ``changed-tracks``, and everything of listeners, factors and rankers begin with
``segue:catalogue:<name>:`` instead.

An item id is ``<job>/<number>``. An item stands in exactly one of ``waiting``, ``leases`` and (in a
final state) neither. Times are Redis's own, so clocks of several hosts need not agree. Scripts name
keys that they compute, which a Redis Cluster refuses; Celery's broker needs a single Redis anyway.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

BESIDE_JOBS = (":items", ":states", ":changed")
"""Ends of the keys that a job has besides its own, so no job's id may end like this."""

_SHARED = ("items", "running", "dead_letters", "requests")
_EVEN_WHEN_FULL = "#!lua flags=allow-oom"


def _script(name: str, *more_shared: str) -> str:
    """A script for what is done with accepted tracks: that goes on when the memory is full."""
    return "\n".join((_EVEN_WHEN_FULL, _while_room(name, *more_shared)))


def _while_room(name: str, *more_shared: str) -> str:
    """A script that Redis refuses when the queue's memory is full."""
    parts = [_lua("shared", shared) for shared in (*_SHARED, *more_shared)]
    return "\n".join((*parts, _lua(name)))


@cache
def _lua(*path: str) -> str:
    return files(__package__).joinpath("lua", *path[:-1], f"{path[-1]}.lua").read_text("utf-8")


SUBMIT = _while_room("submit", "room")
"""A repeated call with the same request changes nothing: a client may try again safely."""

RECORD = _script("record")

CLAIM = _script("claim")

TAKE = _script("take")
"""Of what is due, the item that waited longest in the lane whose turn it is. An owner that runs one
already gets it again."""

SETTLE = _script("settle")

FAIL = _script("fail")

DISPATCH = _script("dispatch")

EXTEND = _script("extend")

ITEMS = _script("items", "pieces")

CHANGES = _script("changes", "pieces")

CANCEL = _script("cancel")
"""Called until it has passed all. Where that is broken off, what is left is cancelled when it would
run, and so is what runs and would run again."""

JOBS = _script("jobs")

DEAD_LETTERS = _script("dead_letters")

REPLAY = _while_room("replay", "room")

REPLAY_ALL = _while_room("replay_all", "room")
"""Called until it finds none: what dies meanwhile is replayed too, but nothing twice."""

DISMISS = _script("dismiss")

DISMISS_ALL = _script("dismiss_all")
"""Called until it finds none, as REPLAY_ALL."""

BEAT = _script("beat")

WORKERS = _script("workers")

RECORD_INTERACTIONS = _while_room("record_interactions", "room", "listeners")

FORGET_LISTENER = _script("forget_listener", "listeners")

FORGET_ENTRIES = _script("forget_entries", "listeners")
"""Called until it has passed all."""

FORGOTTEN = _script("forgotten", "listeners")

WAITING_INTERACTIONS = _script("waiting_interactions", "listeners")

HOLD_FACTORS = _lua("hold_factors")

SWITCH_FACTORS = _lua("switch_factors")

SAVE_PLAYLIST = _lua("save_playlist")

USE_VERSION = _lua("use_version")

REMOVE_VERSION = "\n".join((_EVEN_WHEN_FULL, _lua("remove_version")))

WANT_MAP = _while_room("want_map")

TAKE_MAP = _script("take_map")
"""Whoever takes it and ends without a word has lost it after its lease."""

HOLD_MAP = _script("hold_map")

END_MAP = _script("end_map")
