"""What listeners did, in the queue's Redis: recorded there, until it is written to files."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.exceptions import NoPermissionError, ResponseError

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import InteractionsFull, QueueFull
from segue.interactions import (
    EntryId,
    Forgetting,
    Interaction,
    InteractionKind,
    RecentPlay,
    RecordedInteraction,
    milliseconds_of,
    moment_of,
)
from segue.jobs import scripts
from segue.jobs.connection import StoreOnRedis
from segue.jobs.records import key_prefix, new_job_id
from segue.settings import ListenerSettings, QueueSettings

log = logging.getLogger(__name__)

MOST_PLAYS = 200
"""Recent plays and likes that are kept of one listener."""

PLAYS_KEPT_SECONDS = 90 * 86_400
"""Recent plays of a listener of whom nothing came for so long are let go."""

CONNECTIONS = 8

_LOOKED_AT = 1_000
"""Entries that one script looks at: Redis does nothing else for some milliseconds."""

_FULL_PAUSE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Interactions that wait to be written to files.

    Attributes
    ----------
    age_seconds
        How long the first of them has waited; 0 when there is none.
    """

    count: int
    age_seconds: float


class ListenerStore(StoreOnRedis):
    """Interactions, recent plays, and who is being forgotten, of one catalogue, over Redis.

    What it says it took down is on Redis's disk as an accepted track is. Every method raises
    ``QueueUnavailable`` when Redis does not answer; no error names a listener.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.
    catalogue
        Whose listeners they are.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        settings: ListenerSettings,
        *,
        timeout_seconds: float = 5.0,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        self._prefix = key_prefix(catalogue)
        self._keys = f"{self._prefix}listeners:"
        self._stream, self._old_log = f"{self._keys}interactions", f"{self._keys}old-log"
        super().__init__(queue, connections=CONNECTIONS, timeout_seconds=timeout_seconds)
        self._settings = settings
        register = self._redis.register_script
        self._record = register(scripts.RECORD_INTERACTIONS)
        self._forget_listener = register(scripts.FORGET_LISTENER)
        self._forget_entries = register(scripts.FORGET_ENTRIES)
        self._forgotten = register(scripts.FORGOTTEN)
        self._waiting = register(scripts.WAITING_INTERACTIONS)

    async def record(
        self, interactions: Sequence[Interaction], *, request_id: str = ""
    ) -> tuple[int, bool]:
        """Take interactions down, all or none.

        Returns
        -------
        tuple
            How many were taken, and whether that was now: what comes again with the same request
            within an hour is not taken again.

        Raises
        ------
        InteractionsFull
            When too many wait to be written to files, or the queue's memory is full.
        """
        limits = (
            self._settings.most_waiting_interactions,
            MOST_PLAYS,
            self._settings.most_recent_listeners,
            PLAYS_KEPT_SECONDS,
        )
        # Also without a request of the caller's, what is sent again on a new connection must count
        # once.
        written: list[Any] = [request_id or new_job_id(), new_job_id(), *limits]
        for one in interactions:
            moment = milliseconds_of(one.occurred_at)
            written += (one.user_id, one.track_id, one.kind.value, moment, one.played_seconds)
        try:
            async with self._answers():
                answer = await self._record(keys=[self._prefix], args=written)
        except QueueFull as exc:
            raise _no_room("the queue's memory is full") from exc
        if answer == "full":
            most = self._settings.most_waiting_interactions
            raise _no_room(f"up to {most} interactions wait to be written to files, and no more")
        if answer == "memory":
            raise _no_room("the queue's memory is full")
        count, now = answer
        return count, bool(now)

    async def plays(self, user_id: str) -> list[RecentPlay]:
        """The newest plays and likes of a listener, newest first.

        Skips and dislikes are no plays, and take none away. Empty for who is not known.
        """
        key = f"{self._keys}plays:{user_id}"
        async with self._answers():
            texts = await cast("Awaitable[list[str]]", self._redis.lrange(key, 0, -1))
        return [_play(text) for text in reversed(texts)]

    async def waiting(self) -> Waiting:
        """What waits to be written to files."""
        async with self._answers():
            count, age_ms = await self._waiting(keys=[self._prefix])
        return Waiting(count, age_ms / 1000)

    async def stream(self) -> str:
        """Id of the stream that entries belong to; empty before the first one."""
        async with self._answers():
            return str(await self._redis.get(f"{self._keys}stream") or "")

    async def entries(
        self, *, limit: int, after: EntryId | None = None
    ) -> list[RecordedInteraction]:
        """The oldest entries that wait, or those that follow one."""
        first = "-" if after is None else f"({after}"
        async with self._answers():
            found = cast("Any", await self._redis.xrange(self._stream, min=first, count=limit))
        return [_entry(entry_id, fields) for entry_id, fields in found]

    async def remove_up_to(self, last: EntryId) -> int:
        """Remove entries, the last one included; how many there were."""
        following = EntryId(last.milliseconds, last.sequence + 1)
        async with self._answers():
            return await self._redis.xtrim(self._stream, minid=str(following), approximate=False)

    async def begin_forgetting(self, user_id: str) -> EntryId:
        """Hide all that was recorded of a listener until now from whoever honours it.

        Recent plays go at once.

        Returns
        -------
        EntryId
            The last entry that is to be forgotten: what is recorded from now on stays.
        """
        async with self._answers():
            return EntryId.of(await self._forget_listener(keys=[self._prefix], args=[user_id]))

    async def forget_entries(self, user_id: str, last: EntryId) -> int:
        """Remove a listener's entries from what waits; how many there were."""
        after, removed = "-", 0
        while True:
            async with self._answers():
                answer = await self._forget_entries(
                    keys=[self._prefix], args=[user_id, after, str(last), _LOOKED_AT]
                )
            removed += int(answer[0])
            if len(answer) == 1:
                return removed
            after = f"({answer[1]}"

    async def end_forgetting(self, user_id: str, last: EntryId) -> None:
        """Note that nothing is left up to an entry, unless more is to be forgotten by now."""
        async with self._answers():
            await self._forgotten(keys=[self._prefix], args=[user_id, str(last)])

    async def forgetting(self) -> Forgetting:
        """Who is being forgotten now."""
        async with self._answers():
            found = await cast(
                "Awaitable[dict[str, str]]", self._redis.hgetall(f"{self._keys}forgetting")
            )
        stream = await self.stream()
        return Forgetting(stream, {user: EntryId.of(last) for user, last in found.items()})

    async def log_is_old(self) -> bool:
        """Whether Redis's log on the disk may hold what was forgotten since."""
        async with self._answers():
            return bool(await self._redis.exists(self._old_log))

    async def rewrite_log(self) -> None:
        """Have Redis write its log on the disk anew, as what it holds now.

        While it writes one already, the log stays old.
        """
        async with self._answers():
            await self._redis.delete(self._old_log)
            try:
                await self._redis.bgrewriteaof()
            except NoPermissionError:
                log.warning(
                    "Redis does not let this service rewrite its log: what was recorded of those "
                    "who are forgotten stays in it until it is rewritten (BGREWRITEAOF)"
                )
            except ResponseError:
                await self._redis.set(self._old_log, "1")


def _play(text: str) -> RecentPlay:
    moment, kind, track_id = text.split(" ", 2)
    return RecentPlay(track_id, moment_of(int(moment)), InteractionKind(kind))


def _entry(entry_id: str, fields: dict[str, str]) -> RecordedInteraction:
    interaction = Interaction(
        user_id=fields["u"],
        track_id=fields["t"],
        kind=InteractionKind(fields["k"]),
        occurred_at=moment_of(int(fields["o"])),
        played_seconds=float(fields["s"]),
    )
    return RecordedInteraction(EntryId.of(entry_id), interaction)


def _no_room(why: str) -> InteractionsFull:
    return InteractionsFull(why, retry_after_seconds=_FULL_PAUSE_SECONDS)
