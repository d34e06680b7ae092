"""The map of 50,000 tracks: what laying it out takes, what it weighs, how smoothly it is drawn."""

from __future__ import annotations

import asyncio
import gzip
import json
import multiprocessing
import os
import resource
import shutil
import time
import urllib.request
from pathlib import Path

import numpy as np
from tests.bench.report import Row, at_least, at_most

from segue.jobs.map_store import MapStore
from segue.layout.directions import principal_components
from segue.map_colours import ColourGathering
from segue.settings import QueueSettings
from segue.stack.running import RunningStack
from segue.stack.valkey import SOCKET, USER
from segue.track_map import MapAbout, TrackMap, map_to_bytes
from segue.tracks import Matrix, Track, TrackMetadata

TRACKS = 50_000
DIMENSION = 256
CLUSTERS = 200
FRAMES_ASKED_FOR = 30.0
_GENRES = ("rock", "pop", "jazz", "classical", "electronic", "folk", "metal", "blues")
_MOODS = ("calm", "energetic", "happy", "melancholic")
_SECONDS = 4.0

_SMOOTHNESS = """async (seconds) => {
  const canvas = document.querySelector(".stage canvas");
  const gl = canvas.getContext("webgl2"), pixel = new Uint8Array(4);
  const box = canvas.getBoundingClientRect();
  const [clientX, clientY] = [box.x + box.width / 2, box.y + box.height / 2];
  const begun = performance.now();
  let frames = 0;
  while (performance.now() - begun < 1000 * seconds) {
    const deltaY = frames % 80 < 40 ? -60 : 60;
    const where = {bubbles: true, cancelable: true, clientX, clientY};
    canvas.dispatchEvent(new WheelEvent("wheel", {...where, deltaY}));
    await new Promise(requestAnimationFrame);
    // Nothing is read before it is drawn: a frame that was only asked for does not count.
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    frames += 1;
  }
  return frames / ((performance.now() - begun) / 1000);
}"""


def measure(folder: Path) -> tuple[list[Row], object]:
    """Lay a catalogue of clusters out, publish it, and move it in a browser."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        tsne, pca, peak_mb, places = pool.apply(_lay_out)
    one = _map(places)
    weight = len(map_to_bytes(one))
    sent, plain, frames = _served(folder, one)
    rows = [
        Row("map", "t-SNE, CPU", f"{tsne:.0f} s"),
        Row("map", "principal components, CPU", f"{pca:.2f} s"),
        at_most("map", "memory of laying out", peak_mb, 1_536, "MiB"),
        Row("map", "published", f"{weight / 1e6:.2f} MB"),
        at_most("map", "over HTTP, gzip", sent / 1e6, 2.0, "MB"),
        Row("map", "over HTTP, plain", f"{plain / 1e6:.2f} MB"),
    ]
    if frames is not None:
        rows.append(at_least("map", "frames a second, software", frames, FRAMES_ASKED_FOR))
    raw = {"tsne": tsne, "pca": pca, "peak_mb": peak_mb, "bytes": weight, "sent": sent}
    return rows, {**raw, "frames": frames}


def _vectors() -> Matrix:
    random = np.random.default_rng(0)
    middles = random.normal(size=(CLUSTERS, DIMENSION))
    noise = 0.8 * random.normal(size=(TRACKS, DIMENSION))
    made = (middles[np.arange(TRACKS) % CLUSTERS] + noise).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def _lay_out() -> tuple[float, float, float, np.ndarray]:
    """CPU seconds of both layouts, peak of memory in MiB, and the places by t-SNE."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    from segue.layout.mapping import lay_out

    vectors = _vectors()
    began = time.process_time()
    principal_components(vectors, 2)
    pca = time.process_time() - began
    began = time.process_time()
    laid = lay_out(_ids(), vectors, None, lambda _: None)
    tsne = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return tsne, pca, peak, laid.places["tsne"]


def _ids() -> list[str]:
    return [f"artist-{number % 3_000:04}/title-{number:05}" for number in range(TRACKS)]


def _map(places: np.ndarray) -> TrackMap:
    colours = ColourGathering()
    random = np.random.default_rng(1)
    for number, track_id in enumerate(_ids()):
        metadata = TrackMetadata(
            artist=f"Artist {number % 3_000}",
            genres=(_GENRES[number % CLUSTERS % len(_GENRES)],),
            year=1960 + number % 65,
        )
        moods = dict(zip(_MOODS, random.dirichlet(np.ones(len(_MOODS))).tolist(), strict=True))
        colours.add(Track(track_id, metadata, predicted_moods=moods))
    digests = random.integers(0, 1 << 63, TRACKS).astype(np.uint64)
    return TrackMap(_ids(), {"tsne": places, "pca": places}, digests, colours.gathered())


def _served(folder: Path, one: TrackMap) -> tuple[int, int, float | None]:
    """Bytes that a browser takes in, as sent and unpacked, and its frames a second."""
    with RunningStack(folder, environment={"SEGUE_MAP_AUTOMATIC": "0"}) as stack:
        with urllib.request.urlopen(f"{stack.page}api/v1/server-info") as info:
            space = json.load(info)["embedding_space"]
        asyncio.run(_publish(stack.folder.root, space, one))
        asked = urllib.request.Request(
            f"{stack.page}api/v1/map", headers={"Accept-Encoding": "gzip"}
        )
        with urllib.request.urlopen(asked) as answer:
            packed = answer.read()
        return len(packed), len(gzip.decompress(packed)), _frames(stack.page)


async def _publish(data: Path, space: str, one: TrackMap) -> None:
    store = MapStore(
        QueueSettings(
            redis_url=f"unix://{USER}@{data}/run/{SOCKET}?db=0",
            redis_password_file=f"{data}/queue-password",
        )
    )
    now = time.time()
    await store.publish(one, MapAbout("", space, len(one.track_ids), 0, now, now))
    await store.close()


def _frames(page: str) -> float | None:
    """Frames a second while the map is zoomed; None: no browser is installed."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        # As root it has no sandbox to put its own processes into.
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 800})
        opened.goto(page + "#/map")
        opened.locator(".stage canvas").wait_for()
        opened.evaluate(_SMOOTHNESS, 1.0)  # shaders are compiled when they are first used
        frames = float(opened.evaluate(_SMOOTHNESS, _SECONDS))
        browser.close()
    return frames
