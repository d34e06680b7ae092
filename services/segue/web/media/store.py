"""What the page keeps of audio: fetched files, other encodings, drawings, covers, and clips."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from segue.audio.decoding import AudioInfo, probe
from segue.audio.drawing import drawing
from segue.audio.excerpt import excerpt
from segue.audio.media_types import browsers_play
from segue.audio.reencoding import Encoding, reencode
from segue.errors import AudioError
from segue.settings import WebSettings
from segue.turns import FairSlots
from segue.web.media.audio_file import AudioFile
from segue.web.media.clips import KEPT_SECONDS, Clips, clip_file
from segue.web.media.covers import Covers
from segue.web.media.decoders import Decoders
from segue.web.media.disk_cache import DiskCache

log = logging.getLogger(__name__)

SWEEP_SECONDS = 300.0

CLIP_SEARCHES = 4
"""Searches whose clips are in memory at the same time: each may have a few copies of 32 MiB."""

LARGEST_FETCHED_BYTES = 2 * 1024 * 1024 * 1024
"""Of a file that is decoded here."""

_DESCRIPTIONS = 10_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """Drawings of an audio file: a JSON object with its waveform, a PNG with its spectrogram."""

    waveform: bytes
    spectrogram: bytes


class MediaStore:
    """Decodes for the page, and keeps what it made as long as there is room."""

    def __init__(self, settings: WebSettings) -> None:
        self.decoders = Decoders()
        folder, clip_bytes = settings.web_folder, settings.web_clips_mb * 1024 * 1024
        self.clips = Clips(folder / "clips", clip_bytes)
        self._of_tracks = DiskCache(folder / "cache", settings.web_cache_mb * 1024 * 1024)
        self._of_clips = DiskCache(folder / "clip-cache", clip_bytes, KEPT_SECONDS)
        self.covers = Covers(self._of_tracks)
        self.clip_searches = FairSlots(CLIP_SEARCHES)
        self._described: OrderedDict[str, AudioInfo] = OrderedDict()

    async def is_played(self, audio: AudioFile) -> bool:
        """Whether browsers play a whole file as it is. Raises as :meth:`describe`."""
        if audio.part is not None:
            return False
        info = await self.describe(audio)
        return browsers_play(info.container, info.codec)

    async def describe(self, audio: AudioFile) -> AudioInfo:
        """What a file's header says of it.

        Raises
        ------
        AudioError
            When it is no audio.
        """
        known = self._described.get(audio.etag)
        if known is None:
            known = await self._looked_at(audio)
            self._described[audio.etag] = known
            if len(self._described) > _DESCRIPTIONS:
                self._described.popitem(last=False)
        return known

    async def _looked_at(self, audio: AudioFile) -> AudioInfo:
        if audio.head is not None:
            try:
                return await self.decoders.run(probe, await audio.head())
            except AudioError:
                pass  # such as of an M4A file whose tables stand at its end
        return await self.decoders.run(probe, await self._fetched(audio))

    async def encoded(self, audio: AudioFile, encoding: Encoding) -> Path:
        """A file with the audio in another encoding. Raises as :func:`reencode`."""

        async def make(target: Path) -> None:
            source = await self._fetched(audio)
            await self.decoders.run(
                partial(reencode, limits=audio.limits, **audio.passage), source, target, encoding
            )

        return await self._cache(audio).file(
            (*audio.key, encoding.value), f".{encoding.value}", make
        )

    async def drawn(self, audio: AudioFile, *, damage_permitted: bool = True) -> Drawn:
        """Drawings of the audio. Raises as :func:`segue.audio.drawing.drawing`."""

        async def make(target: Path) -> None:
            made = await self.decoders.run(
                partial(
                    drawing,
                    limits=audio.limits,
                    damage_permitted=damage_permitted,
                    **audio.passage,
                ),
                await self._fetched(audio),
            )
            waveform = {
                "duration_seconds": round(made.duration_seconds, 6),
                "media_type": made.media_type,
                "peaks": [round(float(peak), 3) for peak in made.peaks],
            }
            written = json.dumps(waveform, separators=(",", ":")).encode()
            await asyncio.to_thread(target.write_bytes, written + b"\n" + made.spectrogram)

        path = await self._cache(audio).file((*audio.key, "drawn"), ".drawn", make)
        waveform, _, spectrogram = (await asyncio.to_thread(path.read_bytes)).partition(b"\n")
        return Drawn(waveform, spectrogram)

    async def inspect_clip(self, path: Path, sha256: str) -> tuple[float, str]:
        """How long a clip lasts in seconds, and its media type; it is drawn meanwhile.

        Raises
        ------
        AudioError
            When it does not decode, or is damaged.
        """
        file = clip_file(path, sha256)
        waveform = json.loads((await self.drawn(file, damage_permitted=False)).waveform)
        return waveform["duration_seconds"], waveform["media_type"]

    async def excerpt(self, audio: AudioFile, start_seconds: float, length_seconds: float) -> bytes:
        """A passage as FLAC. Raises as :func:`segue.audio.excerpt.excerpt`."""

        async def make(target: Path) -> None:
            passage = await self.decoders.run(
                excerpt,
                await self._fetched(audio),
                start_seconds=start_seconds,
                length_seconds=length_seconds,
            )
            await asyncio.to_thread(target.write_bytes, passage)

        key = (*audio.key, "excerpt", start_seconds, length_seconds)
        return await asyncio.to_thread(
            (await self._cache(audio).file(key, ".flac", make)).read_bytes
        )

    async def _fetched(self, audio: AudioFile) -> Path:
        if isinstance(audio.fetch, Path):
            return audio.fetch
        if audio.size_bytes > LARGEST_FETCHED_BYTES:
            raise AudioError(
                f"{audio.size_bytes} bytes are too many to be drawn or re-encoded",
                "AUDIO_TOO_LARGE",
            )
        return await self._cache(audio).file((audio.etag, "as it is"), ".audio", audio.fetch)

    def _cache(self, audio: AudioFile) -> DiskCache:
        return self._of_clips if audio.of_caller else self._of_tracks

    async def sweep(self) -> None:
        """Remove clips that are too old, and what was made of them, again and again."""
        while True:
            try:
                for sweep in (self.clips.sweep, self._of_clips.sweep, self._of_tracks.sweep):
                    await asyncio.to_thread(sweep)
            except OSError as exc:
                log.warning("the folder of the page cannot be swept: %s", exc)
            await asyncio.sleep(SWEEP_SECONDS)

    async def close(self) -> None:
        """End the decoders."""
        await self.decoders.close()
        await self.covers.close()


@asynccontextmanager
async def opened(settings: WebSettings) -> AsyncIterator[MediaStore]:
    """A store as long as the application runs."""
    store = MediaStore(settings)
    sweeping = asyncio.create_task(store.sweep())
    try:
        yield store
    finally:
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        await store.close()
