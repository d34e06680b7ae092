"""Published factors, in the queue's Redis: the one place that all query services read them from.

Tracks lie there as one packed table in pieces, listeners as a hash with one field each, so that one
of them can be removed at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from segue.catalogues import DEFAULT_CATALOGUE
from segue.errors import (
    FactorsBusy,
    FactorsInUse,
    FactorsNotFound,
    FactorsTooLarge,
    FactorsUnusable,
)
from segue.factors import (
    FactorsAbout,
    FactorTable,
    Floats,
    ListenerFactors,
    table_from_bytes,
    table_to_bytes,
)
from segue.jobs import scripts
from segue.jobs.connection import StoreOnRedis
from segue.jobs.published_versions import Published, PublishedVersions, new_version
from segue.jobs.records import key_prefix
from segue.settings import FactorSettings, QueueSettings

_HOLD_SECONDS = 60
_FORGOTTEN_SECONDS = 86_400
_PIECE_BYTES = 1024 * 1024
"""Redis does nothing else while it takes in one piece: about a millisecond."""

_LISTENERS_AT_ONCE = 1_000
CONNECTIONS = 8


def published_factors(catalogue: str) -> Published[FactorsAbout]:
    """How the factors of a catalogue are published."""
    return Published(
        f"{key_prefix(catalogue)}factors:",
        "factors",
        FactorsAbout.from_json,
        FactorsNotFound,
        FactorsInUse,
    )


class FactorStore(StoreOnRedis):
    """Versions of factors of one catalogue, over Redis.

    Every method raises ``QueueUnavailable`` when Redis does not answer; no error names a listener.

    Parameters
    ----------
    timeout_seconds
        Longest wait for one answer.
    catalogue
        Whose tracks and listeners they are of.

    Raises
    ------
    SecretFileUnusable
        When the queue's password cannot be read.
    """

    def __init__(
        self,
        queue: QueueSettings,
        settings: FactorSettings,
        *,
        timeout_seconds: float = 5.0,
        catalogue: str = DEFAULT_CATALOGUE,
    ) -> None:
        super().__init__(
            queue, connections=CONNECTIONS, timeout_seconds=timeout_seconds, binary=True
        )
        self._most_bytes = settings.factors_mb * 1024 * 1024
        register = self._redis.register_script
        self._hold = register(scripts.HOLD_FACTORS)
        self._switch = register(scripts.SWITCH_FACTORS)
        published = published_factors(catalogue)
        self._versions = PublishedVersions(self._redis, published, timeout_seconds=timeout_seconds)
        self._key = published.key
        self._begun, self._holder = f"{self._key}begun", f"{self._key}publishing"
        self._forgotten = f"{self._key}forgotten"

    async def publish(
        self,
        table: FactorTable,
        listeners: ListenerFactors,
        about: FactorsAbout,
        *,
        learnt_from: float,
    ) -> FactorsAbout:
        """Publish a version, and serve it once it is whole.

        What was served before stays, to go back to; all others go.

        Parameters
        ----------
        about
            Its version, size and counts are set here.
        learnt_from
            When what it was learnt from was read, in seconds since 1970: who was forgotten since is
            left out.

        Raises
        ------
        FactorsTooLarge
            When it takes more than it may; nothing was written.
        FactorsBusy
            When another one is being published.
        QueueFull
            When the queue's memory is full; what was written of it is removed.
        """
        packed = await asyncio.to_thread(table_to_bytes, table)
        size = len(packed) + listeners.size()
        if size > self._most_bytes:
            raise FactorsTooLarge(
                f"these factors take {size / 2**20:.1f} MiB, and may take "
                f"{self._most_bytes / 2**20:.0f}"
            )
        token = uuid.uuid4().hex
        await self._take(token)
        version = new_version()
        whole = replace(
            about,
            version=version,
            learnt_as=about.learnt_as or version,
            tracks=len(table.track_ids),
            listeners=len(listeners.user_ids),
            factors=table.factors.shape[1],
            origins=table.origin_counts(),
            size_bytes=size,
        )
        try:
            await self._clear_rests()
            async with self._answers():
                await _int(self._redis.sadd(self._begun, version))
            await self._write_tracks(version, packed, token)
            await self._write_listeners(version, listeners, token)
            left_out = await self._leave_out_forgotten(version, listeners.user_ids, learnt_from)
            whole = replace(whole, listeners=whole.listeners - left_out)
            before = await self.current_version()
            await self._serve(whole, token)
        except BaseException:
            # Also when the publisher is told to end: what is half there serves nobody.
            await asyncio.shield(self._give_up(version, token))
            raise
        await self._versions.clear_all_but((version, before), self.remove)
        return whole

    async def current_version(self) -> str:
        """Name of the version that is served; empty when there is none."""
        return await self._versions.current()

    async def versions(self) -> list[FactorsAbout]:
        """What is said of all versions, the newest first."""
        return await self._versions.every()

    async def about(self, version: str) -> FactorsAbout:
        """What is said of a version.

        Raises
        ------
        FactorsNotFound
            When there is none of this name.
        """
        return await self._versions.about(version)

    async def table(self, version: str) -> FactorTable:
        """Factors of all tracks of a version, ready to be asked.

        Raises
        ------
        FactorsNotFound
            When there is none of this name, or it was removed meanwhile.
        FactorsUnusable
            When it is damaged, or of another version of Segue.
        """
        await self.about(version)
        pieces: list[bytes] = []
        while True:
            async with self._answers():
                piece = await cast(
                    "Awaitable[bytes | None]",
                    self._redis.get(self._piece_key(version, len(pieces))),
                )
            if piece is None:
                break
            pieces.append(piece)
        try:
            return await asyncio.to_thread(_unpacked, pieces)
        except FactorsUnusable:
            await self.about(version)  # it may be gone, and not damaged
            raise

    async def listener(self, version: str, user_id: str) -> Floats | None:
        """Factors of a listener, shape (F,); None when the version does not know them."""
        async with self._answers():
            found = await cast(
                "Awaitable[bytes | None]", self._redis.hget(self._listeners_key(version), user_id)
            )
        return None if found is None else np.frombuffer(found, "<f4")

    async def listeners(self, version: str) -> ListenerFactors:
        """Factors of all listeners of a version."""
        found: dict[bytes, bytes] = {}
        async for some in self._scan(self._listeners_key(version)):
            found.update(some)
        names = sorted(found)
        values = b"".join(found[name] for name in names)
        factors = (
            np.frombuffer(values, "<f4").reshape(len(names), -1) if names else np.empty((0, 0))
        )
        return ListenerFactors([name.decode() for name in names], factors.astype(np.float32))

    async def use(self, version: str) -> None:
        """Serve a version from now on.

        Raises
        ------
        FactorsNotFound
            When there is none of this name.
        """
        await self._versions.use(version)

    async def remove(self, version: str, *, current: bool = False) -> None:
        """Remove a version.

        Parameters
        ----------
        current
            Whether it may be the one that is served: then none is.

        Raises
        ------
        FactorsNotFound
            When there is none of this name.
        FactorsInUse
            When it is served, and that was not said to be fine.
        """
        await self._versions.take_off(version, current=current)
        await self._clear(version)

    async def forget(self, user_id: str) -> bool:
        """Remove a listener from every version, also from one that is being published.

        Returns
        -------
        bool
            Whether there was anything to remove.
        """
        now = time.time()
        async with self._answers():
            # First the note, then the fields: a publication that does not see the note has written
            # its fields by then.
            await _int(self._redis.zadd(self._forgotten, {_digest(user_id): now}))
            await _int(self._redis.zremrangebyscore(self._forgotten, 0, now - _FORGOTTEN_SECONDS))
            await _int(self._redis.expire(self._forgotten, _FORGOTTEN_SECONDS))
            begun = await cast("Awaitable[set[bytes]]", self._redis.smembers(self._begun))
            removed = 0
            for version in begun:
                removed += await _int(
                    self._redis.hdel(self._listeners_key(version.decode()), user_id)
                )
        return removed > 0

    async def _take(self, token: str) -> None:
        async with self._answers():
            held = await self._hold(keys=[self._holder], args=[token, _HOLD_SECONDS])
        if not held:
            raise _busy()

    async def _write_tracks(self, version: str, packed: bytes, token: str) -> None:
        for number, first in enumerate(range(0, len(packed), _PIECE_BYTES)):
            piece = packed[first : first + _PIECE_BYTES]
            async with self._answers():
                await cast(
                    "Awaitable[Any]", self._redis.set(self._piece_key(version, number), piece)
                )
            await self._take(token)

    async def _write_listeners(self, version: str, some: ListenerFactors, token: str) -> None:
        values = np.ascontiguousarray(some.factors, "<f4")
        for first in range(0, len(some.user_ids), _LISTENERS_AT_ONCE):
            last = first + _LISTENERS_AT_ONCE
            fields: dict[Any, Any] = {
                user: row.tobytes()
                for user, row in zip(some.user_ids[first:last], values[first:last], strict=True)
            }
            async with self._answers():
                await _int(self._redis.hset(self._listeners_key(version), mapping=fields))
            await self._take(token)

    async def _leave_out_forgotten(
        self, version: str, user_ids: Sequence[str], learnt_from: float
    ) -> int:
        async with self._answers():
            found = await cast(
                "Awaitable[list[bytes]]",
                self._redis.zrangebyscore(self._forgotten, learnt_from, "+inf"),
            )
            forgotten = set(found)
            gone = [user for user in user_ids if forgotten and _digest(user) in forgotten]
            for user in gone:
                await _int(self._redis.hdel(self._listeners_key(version), user))
        return len(gone)

    async def _serve(self, about: FactorsAbout, token: str) -> None:
        async with self._answers():
            switched = await self._switch(
                keys=[self._holder, self._versions.list_key, self._versions.current_key],
                args=[token, about.version, about.to_json()],
            )
        if not switched:
            raise _busy()

    async def _give_up(self, version: str, token: str) -> None:
        async with self._answers():
            # A holder that is another one by now stays. From here on the version is not switched to
            # any more, and it may be by now: that its publisher did not hear so changes nothing.
            if await self._hold(keys=[self._holder], args=[token, 1]):
                await _int(self._redis.delete(self._holder))
            served = await _bool(self._redis.hexists(self._versions.list_key, version))
        if not served:
            await self._clear(version)

    async def _clear_rests(self) -> None:
        """Remove what publishers that were killed left behind, and removals that broke off."""
        async with self._answers():
            begun = await cast("Awaitable[set[bytes]]", self._redis.smembers(self._begun))
            listed = await cast(
                "Awaitable[list[bytes]]", self._redis.hkeys(self._versions.list_key)
            )
        for version in begun - set(listed):
            await self._clear(version.decode())

    async def _clear(self, version: str) -> None:
        number = 0
        async with self._answers():
            while await _int(self._redis.unlink(self._piece_key(version, number))):
                number += 1
            await _int(self._redis.unlink(self._listeners_key(version)))
            await _int(self._redis.srem(self._begun, version))

    async def _scan(self, key: str) -> AsyncIterator[Mapping[bytes, bytes]]:
        cursor = 0
        while True:
            async with self._answers():
                cursor, some = await cast(
                    "Awaitable[tuple[int, dict[bytes, bytes]]]",
                    self._redis.hscan(key, cursor, count=_LISTENERS_AT_ONCE),
                )
            yield some
            if not cursor:
                return

    def _piece_key(self, version: str, number: int) -> str:
        return f"{self._key}{version}:tracks:{number}"

    def _listeners_key(self, version: str) -> str:
        return f"{self._key}{version}:listeners"


def _unpacked(pieces: Sequence[bytes]) -> FactorTable:
    return table_from_bytes(b"".join(pieces)).prepare()


def _digest(user_id: str) -> bytes:
    return hashlib.sha256(user_id.encode()).digest()


def _busy() -> FactorsBusy:
    return FactorsBusy("another version of factors is being published")


async def _int(answer: Any) -> int:
    # redis-py types its commands as for the blocking client too.
    return int(await answer)


async def _bool(answer: Any) -> bool:
    return bool(await answer)
