"""The HTTP API over a whole stack: from an upload to its audio, and what browsers play."""

from __future__ import annotations

import json

import httpx
import numpy as np
import pytest
import soundfile

RATE_HZ = 44_100

# Plays some audio from a place in it, and says how long it lasts and where it came to.
PLAY = """
async (source) => {
  const audio = new Audio(source);
  audio.muted = true;
  const next = (event) => new Promise((resolve, reject) => {
    audio.addEventListener(event, resolve, { once: true });
    audio.addEventListener("error", () => reject(new Error(audio.error.message)), { once: true });
  });
  await next("canplay");
  audio.currentTime = 0.7 * audio.duration;
  await next("seeked");
  const from = audio.currentTime;
  await audio.play();
  while (audio.currentTime < from + 0.2) await next("timeupdate");
  audio.pause();
  return [audio.duration, from, audio.currentTime];
}
"""


@pytest.fixture(scope="module")
def api(page_stack):
    """A client of the owner."""
    headers = {"Authorization": f"Bearer {page_stack.token}"}
    address = f"{page_stack.page}api/v1/"
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def uploaded(api, tmp_path_factory):
    """Tones of eight seconds, by the ends of their files' names; forgotten at the end."""
    folder = tmp_path_factory.mktemp("tones")
    time = np.arange(8 * RATE_HZ) / RATE_HZ
    ids, job = {}, {}
    for number, suffix in enumerate(("wav", "aiff")):
        path = folder / f"tone.{suffix}"
        overtones = sum(np.sin(2 * np.pi * 110 * n * (3 + number) * time) / n for n in range(1, 6))
        soundfile.write(path, 0.2 * overtones, RATE_HZ)
        sent = api.post(
            "/uploads",
            params={**job, "metadata": json.dumps({"title": f"Tone {suffix}"})},
            headers={"X-File-Name": path.name},
            content=path.read_bytes(),
        ).json()
        ids[suffix], job = sent["track_id"], {"job_id": sent["job_id"]}
    with api.stream("GET", f"/jobs/{job['job_id']}/events") as events:
        lines = list(events.iter_lines())
    assert "event: end" in lines
    told = [json.loads(line[6:]) for line in lines if line.startswith('data: {"job"')]
    assert told[-1]["job"]["indexed"] == len(ids)
    yield ids
    for track_id in ids.values():
        assert api.delete(f"/tracks/{track_id}").json() == {}


def test_from_an_upload_to_its_audio(api, uploaded):
    search = {"seed": {"track_id": uploaded["aiff"]}, "page_size": 5, "view": "TRACK_VIEW_BASIC"}
    results = api.post("/similar", json=search).json()["results"]
    assert uploaded["wav"] in {one["track"]["track_id"] for one in results}
    found = api.post("/tracks:search", json={"query": "tone aiff"}).json()["tracks"]
    assert [one["track_id"] for one in found] == [uploaded["aiff"]]

    audio = api.get(f"/tracks/{uploaded['aiff']}/audio")
    assert audio.headers["content-type"] == "audio/flac"
    part = api.get(f"/tracks/{uploaded['aiff']}/audio", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, audio.content[100:200])
    drawn = api.get(f"/tracks/{uploaded['aiff']}/waveform").json()
    assert drawn["duration_seconds"] == pytest.approx(8, abs=0.01)

    clip = api.post("/clips", content=audio.content).json()
    seed = {"clip": {"clip_id": clip["clip_id"], "start_seconds": 1, "length_seconds": 5}}
    results = api.post("/similar", json={"seed": seed, "page_size": 2}).json()["results"]
    assert uploaded["aiff"] in {one["track"]["track_id"] for one in results}


def test_a_browser_plays_and_seeks(signed_in, api, uploaded):
    tracks = api.get("/tracks", params={"page_size": 1000, "view": "TRACK_VIEW_SOURCE"}).json()
    chosen = {one["source_uri"].rpartition(".")[2]: one["track_id"] for one in tracks["tracks"]}
    chosen |= uploaded
    assert {"mp3", "flac", "ogg", "m4a", "wav", "aiff"} <= set(chosen)
    for suffix, track_id in chosen.items():
        duration, start, end = signed_in.evaluate(PLAY, f"api/v1/tracks/{track_id}/audio")
        assert start == pytest.approx(0.7 * duration, abs=0.1), suffix
        assert end > start, suffix
