"""Audio, pictures, drawings, clips, uploads and events over the HTTP API."""

from __future__ import annotations

import asyncio
import io
import json

import numpy as np
import pytest
import soundfile

from segue.errors import QueueUnavailable
from segue.web.api.clips import NamedClips
from segue.web.media.store import CLIP_SEARCHES

from .conftest import PNG, RATE_HZ, steps


def heard(response):
    samples, rate_hz = soundfile.read(io.BytesIO(response.content))
    assert rate_hz == RATE_HZ
    return samples


def reason(response):
    return response.status_code, response.json()["error"]["reason"]


async def test_what_browsers_play_is_given_as_it_is(owner, listener, tmp_path):
    whole = (tmp_path / "a.flac").read_bytes()
    for client in (owner, listener):
        response = await client.get("tracks/a/audio")
        assert (response.content, response.headers["content-type"]) == (whole, "audio/flac")
    etag = response.headers["etag"]
    part = await owner.get(
        "/tracks/a/audio", headers={"Range": "bytes=1000-1999", "If-Range": etag}
    )
    assert (part.status_code, part.content) == (206, whole[1000:2000])
    last = await owner.get("/tracks/a/audio", headers={"Range": "bytes=-10"})
    assert last.content == whole[-10:]
    head = await owner.head("/tracks/a/audio")
    assert (head.headers["content-length"], head.content) == (str(len(whole)), b"")
    behind = await owner.get("/tracks/a/audio", headers={"Range": f"bytes={len(whole)}-"})
    assert reason(behind) == (416, "RANGE_NOT_SATISFIABLE")
    (tmp_path / "a.flac").write_bytes(whole + b"\0")
    changed = await owner.get("/tracks/a/audio", headers={"Range": "bytes=0-9", "If-Range": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_what_they_do_not_play_is_given_in_another_encoding(owner, tmp_path):
    response = await owner.get("/tracks/b/audio")
    assert response.headers["content-type"] == "audio/flac"
    assert response.headers["content-disposition"].endswith("b.flac")
    np.testing.assert_allclose(heard(response), steps(), atol=1e-4)
    part = await owner.get("/tracks/b/audio", headers={"Range": "bytes=5-14"})
    assert part.content == response.content[5:15]
    assert (await owner.get("/tracks/b/audio?as=mp3")).headers["content-type"] == "audio/mpeg"
    original = await owner.get("/tracks/b/audio?as=original")
    assert original.content == (tmp_path / "b.aiff").read_bytes()
    assert reason(await owner.get("/tracks/b/audio?as=ogg")) == (400, "INVALID_ARGUMENT")


async def test_a_part_of_a_file_is_that_part(owner):
    samples = heard(await owner.get("/tracks/c/audio"))
    first = 4 * RATE_HZ
    np.testing.assert_allclose(samples, steps()[first : first + len(samples)], atol=1e-4)
    assert len(samples) == round(3.5 * RATE_HZ)
    drawn = (await owner.get("/tracks/c/waveform")).json()
    assert drawn["duration_seconds"] == pytest.approx(3.5, abs=0.01)
    assert max(drawn["peaks"]) == pytest.approx(0.4, abs=0.01)


async def test_pictures_and_drawings(owner):
    cover = await owner.get("/tracks/a/cover")
    assert (cover.content, cover.headers["content-type"]) == (PNG, "image/png")
    known = await owner.get("/tracks/a/cover", headers={"If-None-Match": cover.headers["etag"]})
    assert known.status_code == 304
    assert reason(await owner.get("/tracks/b/cover")) == (404, "COVER_NOT_FOUND")
    for track, status in {"a": 200, "b": 204, "d": 204, "zz": 404}.items():
        assert (await owner.get(f"/tracks/{track}/cover?or=none")).status_code == status
    assert reason(await owner.get("/tracks/b/cover?or=blank")) == (400, "INVALID_ARGUMENT")
    drawn = (await owner.get("/tracks/a/waveform")).json()
    assert drawn["duration_seconds"] == pytest.approx(12, abs=0.01)
    assert drawn["peaks"] == sorted(drawn["peaks"], key=lambda peak: round(peak / 0.05))
    picture = await owner.get("/tracks/a/spectrogram")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


async def test_audio_that_is_not_here(owner):
    assert reason(await owner.get("/tracks/d/audio")) == (400, "AUDIO_ELSEWHERE")
    assert reason(await owner.get("/tracks/zz/audio")) == (404, "TRACK_NOT_FOUND")
    assert reason(await owner.get("/tracks/zz/waveform")) == (404, "TRACK_NOT_FOUND")


async def test_a_clip(guest, owner, clip):
    sent = await guest.post("/clips", content=clip, headers={"X-File-Name": "..%2Fx%2F%C3%84.wav"})
    assert sent.status_code == 201
    about = sent.json()
    assert about["file_name"] == "Ä.wav"
    assert about["media_type"] == "audio/wav"
    assert about["duration_seconds"] == pytest.approx(12, abs=0.01)
    address = f"/clips/{about['clip_id']}"
    assert (await guest.get(address)).json() == about
    assert (await guest.get(f"{address}/audio")).content == clip
    assert (await guest.get(f"{address}/waveform")).json()["duration_seconds"] == 12
    assert (await guest.get(f"{address}/spectrogram")).content.startswith(b"\x89PNG")
    assert reason(await owner.get(address)) == (404, "CLIP_NOT_FOUND")

    seed = {"clip": {"clip_id": about["clip_id"], "start_seconds": 3, "length_seconds": 4}}
    for body in ({"seed": seed}, {"seed": {"clip": {"clip_id": about["clip_id"]}}}):
        found = await guest.post("/similar", json={**body, "page_size": 1})
        assert found.json()["results"], found.text
    several = {"seeds": [{"seed": seed}, {"seed": {"track_id": "a"}, "weight": -0.5}]}
    assert (await guest.post("/similar", json=several)).json()["results"]
    assert (await guest.post("/segments", json={"seed": seed})).json()["results"]
    wrong = await guest.post("/similar", json={"seed": {"clip": {"clip_id": "x" * 22}}})
    assert reason(wrong) == (404, "CLIP_NOT_FOUND")
    for number, message in ((3, "seed.clip.clip_id"), (None, "clip_id")):
        refused = await guest.post("/similar", json={"seed": {"clip": {"clip_id": number}}})
        assert message in refused.json()["error"]["message"]
    late = {"clip": {**seed["clip"], "start_seconds": -1}}
    assert reason(await guest.post("/similar", json={"seed": late})) == (400, "INVALID_ARGUMENT")
    both = {"clip": {**seed["clip"], "audio": "AAAA"}}
    assert reason(await guest.post("/similar", json={"seed": both})) == (400, "INVALID_ARGUMENT")

    assert (await guest.delete(address)).json() == {}
    assert reason(await guest.get(address)) == (404, "CLIP_NOT_FOUND")


async def test_many_searches_by_clips_take_turns(guest, clip, application):
    about = (await guest.post("/clips", content=clip)).json()
    media = application.state.media
    held, most = 0, 0
    fill = NamedClips.fill

    async def counted(self, *told):
        nonlocal held, most
        held += 1
        most = max(most, held)
        await fill(self, *told)
        held -= 1

    passage = {"clip_id": about["clip_id"], "start_seconds": 1, "length_seconds": 3}
    body = {"seed": {"clip": passage}, "page_size": 1}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NamedClips, "fill", counted)
        answers = await asyncio.gather(*(guest.post("/similar", json=body) for _ in range(10)))
    assert {response.status_code for response in answers} == {200}
    assert 1 <= most <= CLIP_SEARCHES
    for _ in range(CLIP_SEARCHES):  # all places were given back
        await asyncio.wait_for(media.clip_searches.acquire(), 30)


async def test_what_is_no_clip(guest, clip):
    for content, expected in ((b"", "AUDIO_EMPTY"), (b"words " * 50, "AUDIO_NOT_AUDIO")):
        assert reason(await guest.post("/clips", content=content)) == (400, expected)
    assert reason(await guest.post("/clips", content=clip[:200_000]))[1] == "AUDIO_TRUNCATED"


async def test_an_upload_and_its_progress(owner, clip, service):
    metadata = json.dumps({"title": "Steps", "genres": ["test"]})
    sent = await owner.post(
        "/uploads", params={"metadata": metadata}, content=clip, headers={"X-File-Name": "a.wav"}
    )
    uploaded = sent.json()
    assert uploaded["size_bytes"] == str(len(clip))
    [item] = service.job_store.jobs[uploaded["job_id"]]
    assert (item.file_name, item.metadata.title) == ("a.wav", "Steps")
    again = await owner.post(
        "/uploads", params={"job_id": uploaded["job_id"]}, content=clip + b"\0"
    )
    assert again.json()["job_id"] == uploaded["job_id"]
    for query, expected in (("job_id=none", "JOB_NOT_FOUND"), ("metadata=%7B%22tit%22:1%7D", "")):
        refused = await owner.post(f"/uploads?{query}", content=clip)
        assert refused.json()["error"]["reason"] == (expected or "INVALID_ARGUMENT")
    assert reason(await owner.post("/uploads", content=b"")) == (400, "AUDIO_EMPTY")
    assert reason(await owner.post("/uploads", content=b"x" * 1_000_001))[1] == "AUDIO_TOO_LARGE"

    events = (await owner.get(f"/jobs/{uploaded['job_id']}/events")).text.split("\n\n")
    assert events[0].startswith("retry: ")
    told = [json.loads(event.removeprefix("data: ")) for event in events[1:3]]
    assert [len(change["changed"]) for change in told] == [2, 2]
    assert told[-1]["job"]["done"] is True
    assert events[3:] == ["event: end\ndata: {}", ""]
    assert reason(await owner.get("/jobs/none/events")) == (404, "JOB_NOT_FOUND")


async def test_a_watch_that_breaks_is_taken_up_again(owner, clip, service, monkeypatch):
    monkeypatch.setattr("segue.web.api.events.RETRY_SECONDS", 0.01)
    job = (await owner.post("/uploads", content=clip)).json()["job_id"]
    watch, calls = service.job_store.watch, []

    async def breaking(job_id):
        calls.append(job_id)
        async for change in watch(job_id):
            yield change
            if len(calls) == 1:
                raise QueueUnavailable("away")

    monkeypatch.setattr(service.job_store, "watch", breaking)
    events = (await owner.get(f"/jobs/{job}/events")).text
    assert len(calls) == 2
    assert 'event: problem\ndata: {"error": {"reason": "QUEUE_UNAVAILABLE"' in events
    assert events.endswith("event: end\ndata: {}\n\n")


async def test_media_and_jobs_are_of_the_catalogue_that_is_named(owner, listener, clip, tmp_path):
    archived = (tmp_path / "archived.flac").read_bytes()
    named, unknown = {"catalogue": "archive"}, {"catalogue": "nowhere"}
    for client in (owner, listener):
        assert (await client.get("tracks/a/audio", params=named)).content == archived
    lengths = [
        (await owner.get("tracks/a/waveform", params=params)).json()["duration_seconds"]
        for params in ({}, named)
    ]
    assert lengths == [pytest.approx(12), pytest.approx(3)]
    drawn = [(await owner.get("tracks/a/spectrogram", params=one)).content for one in ({}, named)]
    assert drawn[0] != drawn[1]
    assert (await owner.get("tracks/a/cover")).content == PNG
    nothing = await owner.get("tracks/a/cover", params={**named, "or": "none"})
    assert nothing.status_code == 204
    for what in ("audio", "waveform", "spectrogram", "cover"):
        refused = await owner.get(f"tracks/a/{what}", params=unknown)
        assert reason(refused) == (404, "CATALOGUE_UNKNOWN")

    job = (await owner.post("/uploads", params=named, content=clip)).json()["job_id"]
    followed = await owner.get(f"/jobs/{job}/events", params=named)
    assert followed.text.endswith("event: end\ndata: {}\n\n")
    assert reason(await owner.get(f"/jobs/{job}/events")) == (404, "JOB_NOT_FOUND")
    assert (await owner.post("/uploads", params=unknown, content=clip)).status_code == 404
