"""The pipeline over a small embedder, an exact index and real sources."""

from __future__ import annotations

import asyncio
import hashlib
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from mutagen.flac import FLAC

from segue.audio.decoding import AudioLimits
from segue.audio.front_end import FrontEnd
from segue.callers import Caller
from segue.embedding.model import ChunkEmbeddings, ModelCard
from segue.errors import (
    AudioError,
    DeadlineExceeded,
    EmbedderUnavailable,
    NotPermitted,
    SourceForbidden,
    TrackIdTaken,
    Unavailable,
)
from segue.index.exact import ExactIndex
from segue.ingest.pipeline import Backends, ingest, merged
from segue.ingest.sources import Sources
from segue.ingest_jobs import IngestItem, ItemState, derived_track_id
from segue.tracks import EmbeddedTrack, Provenance, Track, TrackMetadata

RATE_HZ = 22_050
DIMENSION = 16
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


async def test_new_metadata_is_stored_and_corrections_survive(
    backends: Backends, index: ExactIndex, tmp_path: Path
) -> None:
    uri = write_wav(tmp_path / "a.wav", 4.0)
    await ingest(IngestItem("a", uri, TrackMetadata("Title", "Artist")), backends)
    corrected = TrackMetadata("Title", "Artist", genres=("jazz",))
    await index.update_metadata("a", corrected)
    assert (await ingest(IngestItem("a", uri), backends)).state is ItemState.SKIPPED
    renamed = IngestItem("a", uri, TrackMetadata(title="Other"))
    assert (await ingest(renamed, backends)).state is ItemState.INDEXED
    stored = (await index.get(["a"]))["a"].metadata
    assert stored == TrackMetadata("Other", "Artist", genres=("jazz",))


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
    assert (await ingest(replace(item, caller=Caller.ADMITTED), backends)).state is (
        ItemState.INDEXED
    )


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
    await index.update_metadata("a", TrackMetadata("Corrected", "Artist"))
    renamed = replace(item, metadata=TrackMetadata(artist="Other"))
    assert (await ingest(renamed, asking)).state is ItemState.INDEXED
    forced = replace(item, force=True)
    assert (await ingest(forced, asking)).state is ItemState.INDEXED
    stored = (await index.get(["a"]))["a"].metadata
    assert stored == TrackMetadata("Corrected", "Other"), "corrections outlive another ingest"


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


def test_given_metadata_wins_where_it_says_something() -> None:
    given = TrackMetadata("Given", genres=("rock",))
    base = TrackMetadata("Tag", "Artist", "Album", ("pop",), ("calm",), 1999)
    assert merged(given, base) == TrackMetadata(
        "Given", "Artist", "Album", ("rock",), ("calm",), 1999
    )


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
