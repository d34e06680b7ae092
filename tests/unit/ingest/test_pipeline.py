"""The pipeline over a small embedder, an exact index and real sources."""

from __future__ import annotations

import asyncio
import hashlib
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import mutagen.wave
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from mutagen.flac import FLAC
from mutagen.id3 import TALB, TCON, TIT2

from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.callers import Caller
from segue.embedding.model import ChunkEmbeddings, ModelCard
from segue.errors import (
    AudioError,
    AudioGone,
    DeadlineExceeded,
    EmbedderUnavailable,
    IndexUnavailable,
    NotPermitted,
    SourceForbidden,
    TrackIdTaken,
    Unavailable,
)
from segue.index.exact import ExactIndex
from segue.ingest.pipeline import Backends, ingest
from segue.ingest.retrying import failure_kind
from segue.ingest.sources import Sources
from segue.ingest_jobs import IngestItem, ItemState, derived_track_id
from segue.jobs.ledger import FailureKind
from segue.layers import MetadataLayers
from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads, KeptUploadsUnusable
from segue.query.kept_sweep import sweep
from segue.query.recording_keeper import settle
from segue.tracks import EmbeddedTrack, Provenance, Track, TrackMetadata

RATE_HZ = 22_050
DIMENSION = 16
_HERTZ = (250, 400, 620, 900, 1_300, 1_900, 2_700, 3_600)
CARD = ModelCard("small", 1, DIMENSION, FrontEnd(), genres=("hum", "hiss"))


class SmallEmbedder:
    """Mean energies of neighbouring bands, normalised; a hiss has loud high bands."""

    def __init__(self) -> None:
        self.fault: BaseException | None = None
        self.hang = False
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.chunks = 0

    async def card(self) -> ModelCard:
        return CARD

    async def embed_stream(
        self,
        batches: AsyncIterator[npt.NDArray[np.float32]],
        *,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[ChunkEmbeddings]:
        async for batch in batches:
            if self.hang:
                assert timeout_seconds is not None
                await asyncio.sleep(timeout_seconds)
                raise DeadlineExceeded("no embedding within its time")
            if self.meanwhile is not None:
                await self.meanwhile()
            if self.fault is not None:
                raise self.fault
            self.chunks += len(batch)
            energies = batch.mean(axis=2).reshape(len(batch), DIMENSION, -1).mean(axis=2) + 100
            norms = np.linalg.norm(energies, axis=1, keepdims=True)
            hiss = (energies[:, -1:] > 50).astype(np.float32)
            probabilities = np.hstack([1 - hiss, hiss])
            yield ChunkEmbeddings((energies / norms).astype(np.float32), probabilities)

    async def close(self) -> None:
        pass


@pytest.fixture
def embedder() -> SmallEmbedder:
    return SmallEmbedder()


@pytest.fixture
async def index() -> AsyncIterator[ExactIndex]:
    opened = ExactIndex(space=CARD.space, dimension=DIMENSION, genre_dimension=2)
    yield opened
    await opened.close()


@pytest.fixture
def backends(embedder: SmallEmbedder, index: ExactIndex, tmp_path: Path) -> Backends:
    return Backends(
        card=CARD,
        embedder=embedder,
        store=index,
        sources=Sources(tmp_path, media_roots=(tmp_path,)),
        limits=AudioLimits(),
        embed_timeout_seconds=0.2,
    )


def write_wav(path: Path, seconds: float, hertz: float = 220.0) -> str:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    samples = 0.5 * np.sin(2 * np.pi * hertz * times)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return path.as_uri()


def tag(path: Path, **fields: str) -> None:
    """Give a WAV file these tags and no others."""
    file = mutagen.wave.WAVE(path)
    if file.tags is None:
        file.add_tags()
    file.tags.clear()
    frames = {"title": TIT2, "genre": TCON, "album": TALB}
    for name, text in fields.items():
        file.tags.add(frames[name](text=[text]))
    file.save()


async def metadata_of(index: ExactIndex) -> TrackMetadata:
    return (await index.get(["a"]))["a"].metadata


async def test_track_is_stored_whole(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 31.0)
    given = TrackMetadata("Title", genres=("rock",))
    outcome = await ingest(IngestItem("a", uri, given), backends)
    assert outcome.state is ItemState.INDEXED
    assert outcome.audio_seconds == pytest.approx(31.0, abs=0.01)
    track = (await index.get(["a"]))["a"]
    assert track.metadata == given
    assert track.source_uri == uri
    assert track.duration_seconds == pytest.approx(31.0, abs=0.01)
    assert track.predicted_genres == pytest.approx({"hum": 1.0, "hiss": 0.0})
    assert track.ingested_at is not None
    info = await index.info()
    assert (info.tracks, info.segments) == (1, 4)
    vector = (await index.vectors(["a"]))["a"]
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert embedder.chunks == 11


async def test_copies_of_one_recording_are_known_as_such(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    # Soft tones whose levels change: louder ones would reach the ceiling of this front end.
    levels = rng.uniform(0.0005, 0.008, (120, 8)).repeat(RATE_HZ // 4, axis=0)
    bands = [np.sin(2 * np.pi * hz * np.arange(len(levels)) / RATE_HZ) for hz in _HERTZ]
    samples = (levels * np.stack(bands, axis=1)).sum(axis=1) / 2
    for name, copy in (("a", samples), ("b", 0.4 * samples[RATE_HZ:]), ("c", samples[::-1])):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes((copy * 32_767).astype("<i2").tobytes())
        await ingest(IngestItem(name, (tmp_path / f"{name}.wav").as_uri()), backends)
    await settle(index)
    assert list((await index.recordings.members(await index.recordings.sizes())).values()) == [
        ["a", "b"]
    ]


async def test_a_damaged_file_is_indexed_and_says_what_it_lacks(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 30.0)
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content[: len(content) * 19 // 20])
    outcome = await ingest(IngestItem("a", uri), backends)
    assert (outcome.state, outcome.reason) == (ItemState.INDEXED, "AUDIO_DAMAGED")
    assert outcome.message == "decoded 28.5 s of 30.0 s"
    assert (await index.get(["a"]))["a"].damage == outcome.message
    (tmp_path / "a.wav").write_bytes(content)
    outcome = await ingest(IngestItem("a", uri), backends)
    assert (outcome.state, outcome.reason) == (ItemState.INDEXED, "")
    assert (await index.get(["a"]))["a"].damage == ""


async def test_a_damaged_file_is_refused_where_that_is_wanted(
    backends: Backends, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 30.0)
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content[: len(content) * 19 // 20])
    strict = replace(backends, limits=AudioLimits(refuse_damage=True))
    with pytest.raises(AudioError, match=r"decoded 28\.5 s of 30\.0 s") as refused:
        await ingest(IngestItem("a", uri), strict)
    assert refused.value.reason == "AUDIO_TRUNCATED"


async def test_unchanged_track_is_skipped_and_says_so(
    backends: Backends, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "a.wav", 4.0), TrackMetadata("Title"))
    await ingest(item, backends)
    embedded = embedder.chunks
    outcome = await ingest(item, backends)
    assert (outcome.state, outcome.reason) == (ItemState.SKIPPED, "UNCHANGED")
    assert outcome.message
    silent_on_metadata = replace(item, metadata=TrackMetadata())
    assert (await ingest(silent_on_metadata, backends)).state is ItemState.SKIPPED
    assert embedder.chunks == embedded
    assert (await ingest(replace(item, force=True), backends)).state is ItemState.INDEXED
    assert embedder.chunks > embedded


async def test_the_source_follows_a_file_that_moved(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "old.wav", 4))
    await ingest(item, backends)
    embedded = embedder.chunks
    (tmp_path / "old.wav").rename(tmp_path / "new.wav")
    moved = replace(item, uri=(tmp_path / "new.wav").as_uri())
    outcome = await ingest(moved, backends)
    assert (outcome.state, outcome.reason) == (ItemState.SKIPPED, "MOVED")
    assert (await index.get(["a"]))["a"].source_uri == moved.uri
    assert embedder.chunks == embedded
    assert (await ingest(moved, backends)).reason == "UNCHANGED"


async def test_an_upload_is_no_place_that_a_track_moves_to(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "song.wav", 4))
    await ingest(item, backends)
    outcome = await ingest(replace(item, uri="spool://song.wav"), backends)
    assert outcome.reason == "UNCHANGED"
    assert (await index.get(["a"]))["a"].source_uri == item.uri


async def test_a_guest_does_not_say_where_the_owners_file_lies(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "song.wav", 4))
    await ingest(item, backends)
    copy = write_wav(tmp_path / "copy.wav", 4)
    outcome = await ingest(replace(item, uri=copy, caller=Caller.GUEST), backends)
    assert outcome.reason == "UNCHANGED"
    assert (await index.get(["a"]))["a"].source_uri == item.uri


async def test_what_lies_where_a_track_moved_away_from_does_not_take_its_place(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4)
    item = IngestItem(derived_track_id("uri", uri), uri)
    await ingest(item, backends)
    await index.move({item.track_id: "file:///elsewhere/a.wav"})
    write_wav(tmp_path / "a.wav", 5, 440)
    with pytest.raises(TrackIdTaken) as refused:
        await ingest(item, backends)
    assert "segue sync" in refused.value.next_step
    stored = (await index.get([item.track_id]))[item.track_id]
    assert (stored.source_uri, stored.duration_seconds) == ("file:///elsewhere/a.wav", 4)


@pytest.mark.parametrize("first", [Caller.OWNER, Caller.GUEST])
async def test_a_guest_does_not_hear_where_a_track_has_moved(
    backends: Backends, index: ExactIndex, tmp_path: Path, first: Caller
) -> None:
    roots = Sources(tmp_path, media_roots=(tmp_path,))
    backends = replace(backends, sources=roots)
    uri = write_wav(tmp_path / "a.wav", 4)
    item = IngestItem(derived_track_id("uri", uri), uri, caller=first)
    await ingest(item, backends)
    await index.move({item.track_id: "file:///home/ann/private/a.wav"})
    write_wav(tmp_path / "a.wav", 5, 440)
    with pytest.raises((TrackIdTaken, NotPermitted)) as refused:
        await ingest(replace(item, caller=Caller.GUEST), backends)
    assert "ann" not in f"{refused.value}{refused.value.next_step}"


async def test_new_content_replaces_the_track(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "a.wav", 4.0, 110.0))
    await ingest(item, backends)
    before = (await index.vectors(["a"]))["a"]
    write_wav(tmp_path / "a.wav", 25.0, 3_000.0)
    assert (await ingest(item, backends)).state is ItemState.INDEXED
    assert not np.allclose((await index.vectors(["a"]))["a"], before)
    info = await index.info()
    assert (info.tracks, info.segments) == (1, 3)


async def test_new_metadata_replaces_what_was_given_and_corrections_survive(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await ingest(IngestItem("a", uri, TrackMetadata("Title", "Artist")), backends)
    embedded = embedder.chunks
    await index.correct("a", {"genres": ("jazz",)})
    assert (await ingest(IngestItem("a", uri), backends)).reason == "UNCHANGED"
    renamed = IngestItem("a", uri, TrackMetadata(title="Other"))
    outcome = await ingest(renamed, backends)
    assert (outcome.state, outcome.reason) == (ItemState.SKIPPED, "METADATA_UPDATED")
    assert await metadata_of(index) == TrackMetadata("Other", genres=("jazz",))
    assert (await ingest(renamed, backends)).reason == "UNCHANGED"
    emptied = IngestItem("a", uri, replace_given=True)
    assert (await ingest(emptied, backends)).reason == "METADATA_UPDATED"
    assert await metadata_of(index) == TrackMetadata(genres=("jazz",))
    assert (await ingest(emptied, backends)).reason == "UNCHANGED"
    assert embedder.chunks == embedded, "nothing was embedded again"


async def test_what_the_tags_say_goes_with_them_and_what_was_given_stays(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    tag(tmp_path / "a.wav", title="Tag", genre="rock", album="Tags' album")
    given = TrackMetadata(album="Given")
    await ingest(IngestItem("a", uri, given), backends)
    assert await metadata_of(index) == TrackMetadata("Tag", album="Given", genres=("rock",))
    await index.correct("a", {"year": 1999})

    tag(tmp_path / "a.wav", title="New tag")
    assert (await ingest(IngestItem("a", uri), backends)).state is ItemState.INDEXED
    assert await metadata_of(index) == TrackMetadata("New tag", album="Given", year=1999)
    stored = (await index.get(["a"]))["a"]
    assert stored.layers == MetadataLayers(TrackMetadata("New tag"), given, {"year": 1999})

    tag(tmp_path / "a.wav", title="Newer tag", genre="folk")
    emptied = IngestItem("a", uri, replace_given=True)
    assert (await ingest(emptied, backends)).state is ItemState.INDEXED
    assert await metadata_of(index) == TrackMetadata("Newer tag", genres=("folk",), year=1999)
    assert (await index.correct("a", {}, ["year"])).metadata.year is None


async def test_metadata_and_place_change_at_once_without_embedding(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "old.wav", 4))
    await ingest(item, backends)
    embedded = embedder.chunks
    (tmp_path / "old.wav").rename(tmp_path / "new.wav")
    moved = IngestItem("a", (tmp_path / "new.wav").as_uri(), TrackMetadata("Given"))
    assert (await ingest(moved, backends)).reason == "METADATA_UPDATED"
    stored = (await index.get(["a"]))["a"]
    assert (stored.source_uri, stored.metadata.title) == (moved.uri, "Given")
    assert embedder.chunks == embedded


@pytest.mark.parametrize("expected_new", [False, True])
async def test_a_track_that_was_deleted_while_it_was_described_is_embedded(
    backends: Backends, index: ExactIndex, tmp_path: Path, expected_new: bool
) -> None:
    class Vanishing(AskedStore):
        async def describe(self, track_id: str, layers: MetadataLayers) -> bool:
            await index.delete([track_id])
            return await super().describe(track_id, layers)

    uri = write_wav(tmp_path / "a.wav", 4.0)
    await ingest(IngestItem("a", uri), backends)
    item = IngestItem("a", uri, TrackMetadata("Given"), expected_new=expected_new)
    outcome = await ingest(item, replace(backends, store=Vanishing(index)))
    assert outcome.state is ItemState.INDEXED
    assert await metadata_of(index) == TrackMetadata("Given")


async def store_flat(index: ExactIndex, path: Path, metadata: TrackMetadata) -> None:
    """Store a track as an earlier version did, of the owner's."""
    await plant(index, path.as_uri(), Provenance.OWNER)
    (stored,) = (await index.get(["a"])).values()
    vector = (await index.vectors(["a"]))["a"]
    flat = replace(stored, metadata=metadata, source_uri=path.as_uri())
    genre = np.array([1.0, 0.0], np.float32)
    await index.upsert([EmbeddedTrack(flat, CARD.space, vector, genre)])


async def test_what_an_earlier_version_stored_and_nobody_says_is_kept_as_a_correction(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    tag(tmp_path / "a.wav", title="Tag", genre="rock")
    await store_flat(index, tmp_path / "a.wav", TrackMetadata("Tag", "Mine", "Given", year=1999))
    assert (await ingest(IngestItem("a", uri), backends)).reason == "UNCHANGED"
    assert (await index.get(["a"]))["a"].layers is None, "nobody says anything of its sources"

    given = TrackMetadata(album="Given")
    assert (await ingest(IngestItem("a", uri, given), backends)).reason == "METADATA_UPDATED"
    stored = (await index.get(["a"]))["a"]
    assert stored.layers == MetadataLayers(
        TrackMetadata("Tag", genres=("rock",)),
        given,
        {"artist": "Mine", "artists": ("Mine",), "year": 1999},
    )
    write_wav(tmp_path / "a.wav", 5.0)
    await ingest(IngestItem("a", uri), backends)
    assert await metadata_of(index) == TrackMetadata("", "Mine", "Given", year=1999)


async def test_what_an_earlier_version_stored_of_other_content_is_kept_too(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await store_flat(index, tmp_path / "a.wav", TrackMetadata("Corrected"))
    tag(tmp_path / "a.wav", title="Tag", album="Album")
    await ingest(IngestItem("a", uri), backends)
    assert await metadata_of(index) == TrackMetadata("Corrected", album="Album")
    assert (await index.correct("a", {}, ["title"])).metadata.title == "Tag"


async def test_what_a_guest_gave_is_not_kept_for_the_owner_but_the_owners_correction_is(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    item = IngestItem("a", uri, TrackMetadata("Guest's", album="Guest's"), caller=Caller.GUEST)
    await ingest(item, backends)
    await index.correct("a", {"title": "Owner's"})
    again = replace(item, metadata=TrackMetadata("Guest's again", genres=("pop",)))
    assert (await ingest(again, backends)).reason == "METADATA_UPDATED"
    assert await metadata_of(index) == TrackMetadata("Owner's", genres=("pop",))
    await ingest(IngestItem("a", uri), backends)
    assert await metadata_of(index) == TrackMetadata("Owner's")


async def test_a_guest_takes_away_nothing_that_the_owner_gave(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await ingest(IngestItem("a", uri, TrackMetadata("Owner's", album="A")), backends)
    before = (await index.get(["a"]))["a"]
    guest = IngestItem("a", uri, caller=Caller.GUEST)
    for silent in (guest, replace(guest, metadata=TrackMetadata("Owner's"))):
        assert (await ingest(silent, backends)).reason == "UNCHANGED"
    emptying = replace(guest, replace_given=True)
    assert (await ingest(emptying, backends)).reason == "UNCHANGED"
    with pytest.raises(NotPermitted):
        await ingest(replace(guest, metadata=TrackMetadata(genres=("pop",))), backends)
    assert (await index.get(["a"]))["a"] == before


async def plant(
    index: ExactIndex, uri: str, provenance: Provenance | None, title: str = "Forged"
) -> None:
    """Store a vector that is not the file's under the file's hash."""
    content = Path(unquote(urlsplit(uri).path)).read_bytes()
    vector = np.zeros(DIMENSION, np.float32)
    vector[3] = 1.0
    track = Track(
        "a",
        TrackMetadata(title),
        content_sha256=hashlib.sha256(content).hexdigest(),
        provenance=provenance,
    )
    genre = np.array([1.0, 0.0], np.float32)
    await index.upsert([EmbeddedTrack(track, CARD.space, vector, genre)])


@pytest.mark.parametrize("caller", Caller)
async def test_a_planted_vector_never_counts_as_unchanged(
    backends: Backends, index: ExactIndex, tmp_path: Path, caller: Caller
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await plant(index, uri, Provenance.GIVEN)
    planted = (await index.vectors(["a"]))["a"]
    outcome = await ingest(IngestItem("a", uri, TrackMetadata("True"), caller=caller), backends)
    assert outcome.state is ItemState.INDEXED
    assert not np.allclose((await index.vectors(["a"]))["a"], planted)
    stored = (await index.get(["a"]))["a"]
    assert stored.metadata == TrackMetadata("True"), "nothing forged is left"
    owner = caller is Caller.OWNER
    assert stored.provenance is (Provenance.OWNER if owner else Provenance.INGESTED)


async def test_what_others_had_ingested_is_unchanged_for_them_and_not_for_the_owner(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    item = IngestItem("a", write_wav(tmp_path / "a.wav", 4.0), caller=Caller.GUEST)
    await ingest(replace(item, metadata=TrackMetadata("Forged")), backends)
    for caller in (Caller.GUEST, Caller.ADMITTED):
        assert (await ingest(replace(item, caller=caller), backends)).state is ItemState.SKIPPED
    owners = replace(item, metadata=TrackMetadata(artist="Ann"), caller=Caller.OWNER)
    assert (await ingest(owners, backends)).state is ItemState.INDEXED
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata(artist="Ann")
    for caller in Caller:
        assert (await ingest(replace(item, caller=caller), backends)).state is ItemState.SKIPPED


@pytest.mark.parametrize("provenance", [Provenance.OWNER, None])
@pytest.mark.parametrize("same_content", [True, False])
async def test_a_guest_replaces_nothing_of_the_owners(
    backends: Backends,
    index: ExactIndex,
    tmp_path: Path,
    provenance: Provenance | None,
    same_content: bool,
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await plant(index, uri, provenance, title="The owner's")
    if not same_content:
        write_wav(tmp_path / "a.wav", 5.0)
    before = (await index.get(["a"]))["a"]
    item = IngestItem("a", uri, TrackMetadata("A guest's"), caller=Caller.GUEST)
    with pytest.raises(NotPermitted, match="the track 'a' is the owner's") as refused:
        await ingest(item, backends)
    assert refused.value.reason == "OWNER_ONLY"
    assert (await index.get(["a"]))["a"] == before
    outcome = await ingest(replace(item, caller=Caller.ADMITTED), backends)
    if same_content and provenance is Provenance.OWNER:
        assert outcome.reason == "METADATA_UPDATED"
    else:
        assert outcome.state is ItemState.INDEXED


async def test_a_guest_does_not_overtake_the_owner(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)

    async def owner_first() -> None:
        await plant(index, uri, Provenance.OWNER, title="The owner's")

    embedder.meanwhile = owner_first
    with pytest.raises(NotPermitted):
        await ingest(IngestItem("a", uri, caller=Caller.GUEST), backends)
    assert (await index.get(["a"]))["a"].metadata.title == "The owner's"


async def test_a_track_of_an_earlier_version_is_embedded_once_more_with_its_corrections(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await plant(index, uri, None, title="Corrected")
    item = IngestItem("a", uri)
    assert (await ingest(item, backends)).state is ItemState.INDEXED
    assert (await index.get(["a"]))["a"].metadata.title == "Corrected"
    assert (await ingest(item, backends)).state is ItemState.SKIPPED


class AskedStore:
    """The index, which notes that it is asked and can change before something is stored."""

    def __init__(self, index: ExactIndex) -> None:
        self._index = index
        self.asked = 0
        self.meanwhile: list[Awaitable[object]] = []

    async def get(self, track_ids: Sequence[str]) -> dict[str, Track]:
        self.asked += 1
        return await self._index.get(track_ids)

    async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
        while self.meanwhile:
            await self.meanwhile.pop()
        return await self._index.insert(tracks)

    async def upsert(self, tracks: Sequence[EmbeddedTrack]) -> None:
        await self._index.upsert(tracks)

    async def describe(self, track_id: str, layers: MetadataLayers) -> bool:
        return await self._index.describe(track_id, layers)

    async def close(self) -> None:
        await self._index.close()


@pytest.fixture
def store(index: ExactIndex) -> AskedStore:
    return AskedStore(index)


@pytest.fixture
def asking(backends: Backends, store: AskedStore) -> Backends:
    return replace(backends, store=store)


async def test_track_that_is_expected_to_be_new_is_stored_without_a_question(
    asking: Backends, store: AskedStore, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    outcome = await ingest(IngestItem("a", uri, expected_new=True), asking)
    assert outcome.state is ItemState.INDEXED
    assert store.asked == 0
    assert (await index.get(["a"]))["a"].source_uri == uri


async def test_track_that_was_stored_since_it_was_accepted_counts_as_unchanged(
    asking: Backends, store: AskedStore, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    item = IngestItem("a", uri, expected_new=True)
    store.meanwhile = [ingest(IngestItem("a", uri, TrackMetadata("Title")), asking)]
    outcome = await ingest(item, asking)
    assert (outcome.state, outcome.reason) == (ItemState.SKIPPED, "UNCHANGED")
    await index.correct("a", {"title": "Corrected"})
    renamed = replace(item, metadata=TrackMetadata(artist="Other"))
    assert (await ingest(renamed, asking)).reason == "METADATA_UPDATED"
    forced = replace(item, force=True)
    assert (await ingest(forced, asking)).state is ItemState.INDEXED
    assert await metadata_of(index) == TrackMetadata("Corrected", "Other")


async def test_other_content_that_was_stored_since_is_replaced(
    asking: Backends, store: AskedStore, index: ExactIndex, tmp_path: Path
) -> None:
    other = write_wav(tmp_path / "other.wav", 25.0, 3_000.0)
    store.meanwhile = [ingest(IngestItem("a", other, TrackMetadata("Other")), asking)]
    uri = write_wav(tmp_path / "a.wav", 4.0)
    given = TrackMetadata("Given")
    outcome = await ingest(IngestItem("a", uri, given, expected_new=True), asking)
    assert outcome.state is ItemState.INDEXED
    track = (await index.get(["a"]))["a"]
    assert (track.source_uri, track.metadata) == (uri, given)
    assert (await index.info()).segments == 1


async def test_a_guests_new_track_does_not_replace_what_the_owner_stored_since(
    asking: Backends, store: AskedStore, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    item = IngestItem("a", uri, TrackMetadata("A guest's"), caller=Caller.GUEST, expected_new=True)
    store.meanwhile = [plant(index, uri, Provenance.OWNER, title="The owner's")]
    with pytest.raises(NotPermitted, match="the track 'a' is the owner's"):
        await ingest(item, asking)
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata("The owner's")
    unchanged = await ingest(replace(item, metadata=TrackMetadata()), asking)
    assert unchanged.reason == "UNCHANGED"


@pytest.mark.parametrize("provenance", [Provenance.GIVEN, Provenance.INGESTED])
async def test_what_others_stored_since_is_replaced_by_the_owners_new_track(
    asking: Backends,
    store: AskedStore,
    index: ExactIndex,
    tmp_path: Path,
    provenance: Provenance,
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    store.meanwhile = [plant(index, uri, provenance)]
    outcome = await ingest(IngestItem("a", uri, expected_new=True), asking)
    assert outcome.state is ItemState.INDEXED
    stored = (await index.get(["a"]))["a"]
    assert (stored.metadata, stored.provenance) == (TrackMetadata(), Provenance.OWNER)


async def test_track_that_was_deleted_once_more_is_stored(
    asking: Backends, store: AskedStore, index: ExactIndex, tmp_path: Path
) -> None:
    class Vanishing(AskedStore):
        async def insert(self, tracks: Sequence[EmbeddedTrack]) -> set[str]:
            known = await super().insert(tracks)
            await index.delete([track.track.track_id for track in tracks])
            return known

    uri = write_wav(tmp_path / "a.wav", 4.0)
    await ingest(IngestItem("a", uri), asking)
    item = IngestItem("a", uri, TrackMetadata("Title"), expected_new=True)
    outcome = await ingest(item, replace(asking, store=Vanishing(index)))
    assert outcome.state is ItemState.INDEXED
    assert (await index.get(["a"]))["a"].metadata == TrackMetadata("Title")


async def test_nothing_is_stored_when_anything_fails(
    backends: Backends, index: ExactIndex, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    embedder.fault = EmbedderUnavailable("gone")
    with pytest.raises(EmbedderUnavailable):
        await ingest(IngestItem("a", uri), backends)
    embedder.fault = None
    short = write_wav(tmp_path / "short.wav", 1.0)
    with pytest.raises(AudioError) as caught:
        await ingest(IngestItem("b", short), backends)
    assert caught.value.reason == "AUDIO_TOO_SHORT"
    assert (await index.info()).tracks == 0


async def test_inference_server_that_never_answers_is_given_up(
    backends: Backends, embedder: SmallEmbedder, tmp_path: Path
) -> None:
    embedder.hang = True
    with pytest.raises(Unavailable) as caught:
        await ingest(IngestItem("a", write_wav(tmp_path / "a.wav", 4.0)), backends)
    assert caught.value.reason == "EMBEDDER_UNAVAILABLE"


def write_album(path: Path) -> str:
    """A hum of 20 s, then a hiss of 20 s, in a file whose tags speak of the album."""
    times = np.arange(20 * RATE_HZ) / RATE_HZ
    hum = 0.5 * np.sin(2 * np.pi * 220.0 * times)
    hiss = np.random.default_rng(3).uniform(-0.9, 0.9, times.size)
    soundfile.write(path, np.concatenate([hum, hiss]), RATE_HZ, subtype="PCM_16")
    tags = FLAC(path)
    tags.update({"title": "Whole", "album": "Album", "artist": "Ann", "isrc": "GBAYE9600001"})
    tags.save()
    return path.as_uri()


async def test_parts_of_a_file_are_tracks_of_their_own(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_album(tmp_path / "album.flac")
    for name, fragment, title in (("1", "#t=0,20", "Hum"), ("2", "#t=20", "")):
        item = IngestItem(name, uri + fragment, TrackMetadata(title))
        assert (await ingest(item, backends)).state is ItemState.INDEXED
    hum, hiss = (await index.get(["1", "2"])).values()
    assert (hum.source_uri, hiss.source_uri) == (f"{uri}#t=0,20", f"{uri}#t=20")
    assert hum.content_sha256 != hiss.content_sha256
    for track in (hum, hiss):
        assert track.duration_seconds == pytest.approx(20.0, abs=1e-6)
        assert (track.metadata.album, track.metadata.artist) == ("Album", "Ann")
        assert track.metadata.isrc == ""
    assert (hum.metadata.title, hiss.metadata.title) == ("Hum", "")
    assert hum.predicted_genres["hum"] == pytest.approx(1.0)
    assert hiss.predicted_genres["hiss"] == pytest.approx(1.0)


async def test_an_unchanged_part_is_skipped_and_other_bounds_are_not(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_album(tmp_path / "album.flac")
    item = IngestItem("1", f"{uri}#t=0,20")
    await ingest(item, backends)
    assert (await ingest(item, backends)).reason == "UNCHANGED"
    (tmp_path / "album.flac").rename(tmp_path / "moved.flac")
    moved = (tmp_path / "moved.flac").as_uri()
    assert (await ingest(IngestItem("1", f"{moved}#t=0,20"), backends)).reason == "MOVED"
    outcome = await ingest(IngestItem("1", f"{moved}#t=0,12"), backends)
    assert outcome.state is ItemState.INDEXED
    assert (await index.get(["1"]))["1"].duration_seconds == pytest.approx(12.0)


async def test_a_part_behind_the_end_is_refused(backends: Backends, tmp_path: Path) -> None:
    uri = write_album(tmp_path / "album.flac")
    with pytest.raises(AudioError) as caught:
        await ingest(IngestItem("1", f"{uri}#t=50,60"), backends)
    assert caught.value.reason == "AUDIO_TOO_SHORT"


async def test_a_guest_may_name_parts_of_what_they_may_read(
    backends: Backends, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    uri = write_album(tmp_path / "album.flac")
    outcome = await ingest(IngestItem("1", f"{uri}#t=0,20", caller=Caller.GUEST), backends)
    assert outcome.state is ItemState.INDEXED
    elsewhere = write_album(tmp_path_factory.mktemp("elsewhere") / "album.flac")
    with pytest.raises(SourceForbidden):
        await ingest(IngestItem("2", f"{elsewhere}#t=0,20", caller=Caller.GUEST), backends)


@pytest.fixture
def kept(tmp_path: Path) -> KeptUploads:
    return KeptUploads(tmp_path / "kept", most_bytes=10_000_000)


@pytest.fixture
def keeping(backends: Backends, tmp_path: Path, kept: KeptUploads) -> Backends:
    return replace(backends, sources=Sources(tmp_path, media_roots=(tmp_path,), kept=kept))


def upload(path: Path, **item: Any) -> IngestItem:
    """An upload that lies in the spool."""
    return IngestItem("a", f"spool://{path.name}", file_name="Song.wav", **item)


async def stored_source(index: ExactIndex) -> str:
    return (await index.get(["a"]))["a"].source_uri


@pytest.mark.parametrize("expected_new", [False, True])
async def test_an_upload_is_kept_and_can_be_embedded_again(
    keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path, expected_new: bool
) -> None:
    write_wav(tmp_path / "song.wav", 4)
    item = upload(tmp_path / "song.wav", expected_new=expected_new)
    assert (await ingest(item, keeping)).state is ItemState.INDEXED
    keeping.sources.discard(item.uri)
    assert not (tmp_path / "song.wav").exists()

    sha256 = (await index.get(["a"]))["a"].content_sha256
    assert await stored_source(index) == f"kept://{sha256}"
    assert kept.uses(limit=9) == [Use("a", CARD.space, sha256, "Song.wav")]
    again = IngestItem("a", f"kept://{sha256}")
    assert (await ingest(again, keeping)).reason == "UNCHANGED"
    # As a new model sees it: its catalogue is empty.
    await index.delete(["a"])
    assert (await ingest(again, keeping)).state is ItemState.INDEXED
    track = (await index.get(["a"]))["a"]
    assert (track.source_uri, track.file_name) == (f"kept://{sha256}", "Song.wav")


async def test_what_was_not_kept_is_kept_when_it_is_uploaded_again(
    backends: Backends, keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    write_wav(tmp_path / "song.wav", 4)
    item = upload(tmp_path / "song.wav")
    await ingest(item, backends)
    assert await stored_source(index) == item.uri
    assert (await ingest(item, keeping)).reason == "UNCHANGED"
    sha256 = (await index.get(["a"]))["a"].content_sha256
    assert await stored_source(index) == f"kept://{sha256}"
    # It gave way to younger ones, and comes once more.
    kept.release(["a"])
    assert (await ingest(item, keeping)).reason == "UNCHANGED"
    assert kept.holds(sha256)


async def test_an_upload_of_what_lies_on_the_disk_is_not_kept_as_well(
    keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "song.wav", 4)
    await ingest(IngestItem("a", uri), keeping)
    for caller in (Caller.OWNER, Caller.GUEST):
        again = upload(tmp_path / "song.wav", caller=caller)
        assert (await ingest(again, keeping)).reason == "UNCHANGED"
    assert await stored_source(index) == uri
    assert kept.uses(limit=9) == []


async def test_what_a_track_came_from_before_goes(
    keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    write_wav(tmp_path / "one.wav", 4)
    await ingest(upload(tmp_path / "one.wav"), keeping)
    first = (await index.get(["a"]))["a"].content_sha256
    write_wav(tmp_path / "two.wav", 4, 440)
    await ingest(upload(tmp_path / "two.wav"), keeping)
    second = (await index.get(["a"]))["a"].content_sha256
    assert (kept.holds(first), kept.holds(second)) == (False, True)
    # The same content lies on the disk now.
    moved = IngestItem("a", (tmp_path / "two.wav").as_uri())
    assert (await ingest(moved, keeping)).reason == "MOVED"
    assert not kept.holds(second)


async def test_a_guest_neither_reads_what_is_kept_nor_replaces_it(
    keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path
) -> None:
    write_wav(tmp_path / "song.wav", 4)
    await ingest(upload(tmp_path / "song.wav"), keeping)
    source = await stored_source(index)
    for uri in (source, f"kept://{'0' * 64}"):
        with pytest.raises(SourceForbidden) as refused:
            await ingest(IngestItem("b", uri, caller=Caller.GUEST), keeping)
        assert str(refused.value) == f"{uri!r} is not there, or may not be read for you"
    write_wav(tmp_path / "other.wav", 4, 440)
    with pytest.raises(NotPermitted):
        await ingest(upload(tmp_path / "other.wav", caller=Caller.GUEST), keeping)
    assert await stored_source(index) == source
    assert len(kept.uses(limit=9)) == 1


async def test_what_is_not_kept_any_more_says_so(keeping: Backends, backends: Backends) -> None:
    for one in (keeping, backends):
        with pytest.raises(AudioGone):
            await ingest(IngestItem("a", f"kept://{'0' * 64}"), one)


async def test_an_upload_whose_folder_fails_is_tried_again_and_not_lost(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    write_wav(tmp_path / "song.wav", 4)
    (tmp_path / "kept").write_text("no folder")
    kept = KeptUploads(tmp_path / "kept", most_bytes=10_000_000)
    failing = replace(backends, sources=Sources(tmp_path, kept=kept))
    with pytest.raises(KeptUploadsUnusable) as failed:
        await ingest(upload(tmp_path / "song.wav"), failing)
    assert failure_kind(failed.value) is FailureKind.OUTAGE
    assert not await index.get(["a"])
    assert (tmp_path / "song.wav").exists()


async def test_a_failure_between_keeping_and_storing_leaves_what_the_next_attempt_uses(
    keeping: Backends, index: ExactIndex, kept: KeptUploads, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    write_wav(tmp_path / "song.wav", 4)
    item = upload(tmp_path / "song.wav")

    async def away(_: object) -> None:
        raise IndexUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(index, "upsert", away)
        with pytest.raises(IndexUnavailable):
            await ingest(item, keeping)
    assert (tmp_path / "song.wav").exists()
    (use,) = kept.uses(limit=9)
    assert kept.holds(use.sha256)
    # Nobody tries again: the sweep finds that no track came from it.
    assert await sweep(kept, index, settled_seconds=3_600) == 0, "it may be about to be stored"
    assert await sweep(kept, index, settled_seconds=-1) == 1
    assert not kept.holds(use.sha256)
    assert (await ingest(item, keeping)).state is ItemState.INDEXED
    assert await sweep(kept, index, settled_seconds=-1) == 0
    assert kept.holds(use.sha256)


def write_beat(path: Path) -> str:
    """Twenty seconds of a C major chord that is struck 120 times a minute."""
    times = np.arange(20 * RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hertz * times) for hertz in (130.81, 261.63, 329.63, 392.0))
    samples = 0.2 * chord * np.exp(-8 * (times % 0.5))
    soundfile.write(path, samples, RATE_HZ, subtype="PCM_16")
    return path.as_uri()


async def test_tempo_and_key_that_nothing_says_are_heard(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_beat(tmp_path / "a.flac")
    await ingest(IngestItem("a", uri), backends)
    track = (await index.get(["a"]))["a"]
    assert (track.metadata.bpm, track.metadata.key) == (None, "")
    assert track.estimated_tempo is not None
    assert track.estimated_key is not None
    assert track.estimated_tempo.bpm == pytest.approx(120.0, rel=0.02)
    assert track.estimated_key.key == "C"


async def test_what_is_said_is_not_listened_for(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_beat(tmp_path / "a.flac")
    tags = FLAC(tmp_path / "a.flac")
    tags["initialkey"] = "8A"
    tags.save()
    await ingest(IngestItem("a", uri, TrackMetadata(bpm=60.0)), backends)
    track = (await index.get(["a"]))["a"]
    assert (track.metadata.bpm, track.metadata.key) == (60.0, "Am")
    assert (track.estimated_tempo, track.estimated_key) == (None, None)


async def test_a_setting_leaves_estimates_out(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_beat(tmp_path / "a.flac")
    await ingest(IngestItem("a", uri), replace(backends, estimates=False))
    track = (await index.get(["a"]))["a"]
    assert (track.estimated_tempo, track.estimated_key) == (None, None)
