"""Clips are their sender's, for an hour, and not too many."""

from __future__ import annotations

import json

import pytest

from segue.errors import AudioError
from segue.web.callers import OWNER, Role, WebCaller
from segue.web.media.clips import (
    KEPT_SECONDS,
    MOST_OF_ONE_CALLER,
    ClipNotFound,
    Clips,
    ClipsFull,
    about_clip,
)

ANN, BOB = (WebCaller(Role.LISTENER, name, name) for name in ("ann", "bob"))
GUEST, OTHER_GUEST = (WebCaller(Role.GUEST, machine=f"10.0.0.{number}") for number in (1, 2))


async def inspect(path, sha256):
    if not path.read_bytes():
        raise AudioError("nothing", "AUDIO_EMPTY")
    return 1.5, "audio/wav"


def send(clips, caller, content=b"sound", name="a.wav"):
    async def pieces():
        for start in range(0, len(content), 3):
            yield content[start : start + 3]

    return clips.add(caller, name, pieces(), inspect)


@pytest.fixture
def clips(tmp_path):
    return Clips(tmp_path / "clips", 1_000)


async def test_a_clip_is_kept_as_it_came(clips, tmp_path):
    sent = await send(clips, OWNER)
    found = await Clips(tmp_path / "clips", 1_000).find(sent.clip_id, OWNER)  # another replica
    assert found == sent
    assert found.path.read_bytes() == b"sound"
    assert about_clip(found) == {
        "clip_id": sent.clip_id,
        "duration_seconds": 1.5,
        "file_name": "a.wav",
        "media_type": "audio/wav",
    }


async def test_nobody_else_has_it(clips):
    for sender, others in (
        (OWNER, (ANN, GUEST)),
        (ANN, (BOB, OWNER, GUEST)),
        (GUEST, (ANN, OWNER)),
    ):
        clip = await send(clips, sender)
        for other in others:
            with pytest.raises(ClipNotFound):
                await clips.find(clip.clip_id, other)
            with pytest.raises(ClipNotFound):
                await clips.remove(clip.clip_id, other)
        await clips.remove(clip.clip_id, sender)
        with pytest.raises(ClipNotFound):
            await clips.find(clip.clip_id, sender)


@pytest.mark.parametrize("clip_id", ["", "x", ".", "..", "../clips", "a" * 22, "a/b", "\0"])
async def test_what_is_no_clip(clips, clip_id):
    with pytest.raises(ClipNotFound):
        await clips.find(clip_id, OWNER)


async def test_what_is_no_audio_is_not_kept(clips, tmp_path):
    with pytest.raises(AudioError):
        await send(clips, OWNER, b"")
    assert list((tmp_path / "clips").iterdir()) == []


async def test_after_an_hour_it_is_forgotten(clips):
    clip = await send(clips, OWNER)
    about = clip.path.with_name("about.json")
    told = json.loads(about.read_text())
    about.write_text(json.dumps({**told, "kept_at": told["kept_at"] - KEPT_SECONDS - 1}))
    with pytest.raises(ClipNotFound):
        await clips.find(clip.clip_id, OWNER)
    assert clips.sweep() == []
    assert not clip.path.parent.exists()


async def test_the_oldest_of_one_caller_goes(clips):
    first = await send(clips, ANN)
    other = await send(clips, BOB)
    for _ in range(MOST_OF_ONE_CALLER):
        last = await send(clips, ANN)
    with pytest.raises(ClipNotFound):
        await clips.find(first.clip_id, ANN)
    await clips.find(last.clip_id, ANN)
    await clips.find(other.clip_id, BOB)


@pytest.mark.parametrize(("one", "other"), [(GUEST, OTHER_GUEST), (ANN, BOB)])
async def test_all_others_leave_room_to_the_owner(clips, one, other):
    for caller in (one, other):
        await send(clips, caller, b"x" * 400)
    with pytest.raises(ClipsFull) as raised:
        await send(clips, one)
    assert raised.value.retry_after_seconds > 0
    await send(clips, OWNER, b"x" * 300)
    with pytest.raises(ClipsFull):
        await send(clips, OWNER)
