"""``segue sync`` over a large folder in which nothing has changed, beside a bare walk of it."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
from tests.bench.catalogue import CARD, DIMENSION, SPACE
from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack

from segue.cli.client import SegueClient
from segue.cli.stack_address import find_stack
from segue.cli.synchroniser import Synchroniser, SyncOptions
from segue.ingest_jobs import derived_track_id
from segue.library.places import uri_of
from segue.v1 import catalog_service_pb2, track_pb2

FILES_PER_FOLDER = 12
FOLDERS_PER_ARTIST = 8
BATCH = 500
ROUNDS = 3
LIMIT_SECONDS = 20.0
QUIET_SECONDS = 10.0
MOST_UNINDEXED = 20_000


def measure(folder: Path, count: int) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw seconds of syncs of ``count`` files that the catalogue holds as they are.

    The files hold a few bytes, and their tracks are stored with vectors of no meaning and with the
    predictions that every real track has: what is measured is looking, listing and comparing.
    """
    music = folder / "music"
    files = list(_write(music, count))
    with BenchStack(folder / "data") as stack:
        with SegueClient(stack.address, token=stack.token, timeout_seconds=60) as client:
            _store(client, files)
            _settle(client)
        synchroniser = Synchroniser(
            find_stack(None, folder / "data", 60.0),
            [music],
            SyncOptions(keep_all=True),
            memory_folder=folder / "state",
            service="bench",
        )

        def look() -> None:
            result = synchroniser.run()
            if result.plan.unchanged != count or result.failures:
                raise RuntimeError(f"{result.plan.unchanged} of {count} files are unchanged")

        first = _seconds(look)
        second: list[float] = []
        bare: list[float] = []
        for _ in range(ROUNDS):
            second.append(_seconds(look))
            bare.append(_seconds(lambda: _walk(music)))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    name = f"{count:,} files"
    rows = [
        at_most("sync", f"{name}, nothing has changed", max(second), LIMIT_SECONDS, "s"),
        Row("sync", "bare os.scandir and stat of the same folder", f"{max(bare):.2f} s"),
        Row("sync", "ratio of the two", f"{max(second) / max(bare):.1f} ×"),
        Row("sync", "with nothing remembered: every file is read", f"{first:.1f} s"),
        Row("sync", "memory of this process at its highest", f"{megabytes:.0f} MB"),
    ]
    return rows, {"first": first, "second": second, "bare": bare, "megabytes": megabytes}


def _write(music: Path, count: int) -> Iterator[tuple[str, str]]:
    """Make files; path and SHA-256 of each."""
    for number in range(count):
        album = number // FILES_PER_FOLDER
        folder = music / f"artist {album // FOLDERS_PER_ARTIST:04d}" / f"album {album:05d}"
        if number % FILES_PER_FOLDER == 0:
            folder.mkdir(parents=True)
        content = f"sound {number}".encode()
        path = folder / f"{number % FILES_PER_FOLDER + 1:02d} title.mp3"
        path.write_bytes(content)
        yield os.fspath(path), sha256(content).hexdigest()


def _store(client: SegueClient, files: list[tuple[str, str]]) -> None:
    rng = np.random.default_rng(5)
    genres, moods = (
        [track_pb2.LabelProbability(label=label, probability=0.3) for label in labels]
        for labels in (CARD.genres, CARD.moods)
    )
    for first in range(0, len(files), BATCH):
        tracks = []
        for path, digest in files[first : first + BATCH]:
            track = track_pb2.Track(
                track_id=derived_track_id("uri", uri_of(path)),
                metadata=track_pb2.TrackMetadata(title="title", artist="artist", album="album"),
                duration_seconds=200.0,
                source_uri=uri_of(path),
                content_sha256=digest,
                predicted_genres=genres,
                predicted_moods=moods,
            )
            vector = rng.normal(size=DIMENSION).astype(np.float32)
            tracks.append(catalog_service_pb2.TrackVectors(track=track, values=vector.tolist()))
        request = catalog_service_pb2.UpsertTracksRequest(tracks=tracks, embedding_space=SPACE)
        client.catalog("UpsertTracks", request)


def _settle(client: SegueClient) -> None:
    """Wait until no graph is being built: that takes all cores, and not of the sync."""
    before, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        unindexed = client.status().unindexed or 0
        # A build shows at its end; one that is under way, by tracks that wait for it.
        if unindexed != before or unindexed > MOST_UNINDEXED:
            before, since = unindexed, time.monotonic()
        time.sleep(1.0)


def _walk(folder: Path) -> int:
    """Size of all files below a folder, as plainly as Python can ask."""
    size = 0
    pending = [os.fspath(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
    return size


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
