import io

import numpy as np
import pytest

from malformed_audio import SECONDS, clean_audio, pcm16, wav
from segue.audio.containers import id3_length, identify
from segue.audio.endings import counted_seconds, ends_within_ogg_page
from segue.audio.formats import Container
from segue.audio.frames import mpeg_frames_start
from segue.audio.wav_chunks import missing_seconds
from segue.errors import AudioError


@pytest.mark.parametrize(
    ("kind", "container"),
    [
        ("mp3", Container.MP3), ("flac", Container.FLAC), ("ogg", Container.OGG),
        ("opus", Container.OGG), ("wav", Container.WAV), ("aiff", Container.AIFF),
        ("au", Container.AU), ("m4a", Container.MP4), ("aac", Container.AAC),
    ],
)  # fmt: skip
def test_each_format_is_known_by_its_bytes(kind, container):
    file = io.BytesIO(clean_audio(kind))
    file.seek(77)
    found, first_byte = identify(file)
    assert found == container
    assert first_byte == id3_length(clean_audio(kind))
    assert file.tell() == 0


def tag(declared: int, held: int) -> bytes:
    size = bytes(declared >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + bytes(held)


def test_a_tag_before_the_audio_is_passed_over():
    audio = clean_audio("flac")
    assert identify(io.BytesIO(tag(900, 900) + audio)) == (Container.FLAC, 910)
    assert id3_length(tag(900, 900)) == 910


def test_a_tag_that_lies_names_the_byte_where_audio_starts():
    mp3 = clean_audio("mp3")
    frames = mp3[id3_length(mp3) :]
    container, first_byte = identify(io.BytesIO(tag(1 << 27, 100) + frames))
    assert container is Container.MP3
    assert first_byte == 110


def test_frames_need_a_run():
    mp3 = clean_audio("mp3")
    frames = mp3[id3_length(mp3) :]
    assert mpeg_frames_start(frames) == 0
    assert mpeg_frames_start(b"\x00" * 999 + frames) == 999
    assert mpeg_frames_start(frames[:300]) is None


def test_noise_holds_no_run():
    assert mpeg_frames_start(np.random.default_rng(9).bytes(1 << 20)) is None


def test_mp3_frame_count():
    mp3 = clean_audio("mp3")
    assert counted_seconds(io.BytesIO(mp3)) == pytest.approx(SECONDS, abs=0.1)
    uncounted = mp3.replace(b"Info", bytes(4)).replace(b"Xing", bytes(4))
    assert counted_seconds(io.BytesIO(uncounted)) is None


def test_ogg_page_cut():
    ogg = clean_audio("ogg")
    assert not ends_within_ogg_page(io.BytesIO(ogg))
    assert ends_within_ogg_page(io.BytesIO(ogg[:-1]))


@pytest.mark.parametrize(
    ("declared", "lacking"),
    [(None, False), (0, False), (0xFFFFFFFF, False), (0x7FFFFFFF, False), (10**8, True)],
)
def test_wav_data_size(declared, lacking):
    missing = missing_seconds(io.BytesIO(wav(pcm16(), data_size=declared)))
    expected = declared / (4 * 44_100) - SECONDS if lacking else 0.0
    assert missing == pytest.approx(expected)


def test_unsupported_formats_are_named():
    with pytest.raises(AudioError, match="OptimFROG") as caught:
        identify(io.BytesIO(b"OFR " + bytes(100)))
    assert caught.value.reason == "AUDIO_UNSUPPORTED_CODEC"


@pytest.mark.parametrize("kind", ["mp3", "flac"])
@pytest.mark.parametrize("zeros", [0, 5, 300_000])
@pytest.mark.parametrize("tags", [0, 1, 2, 5])
def test_tags_and_zeros_before_the_audio_are_passed_over(kind, zeros, tags):
    audio = clean_audio(kind)[id3_length(clean_audio(kind)) :]
    before = tag(2_000, 2_000) * tags + bytes(zeros)
    container, first_byte = identify(io.BytesIO(before + audio))
    assert (container.value, first_byte) == (kind, len(before))


def test_what_stands_before_frames_is_looked_through_so_far_and_no_further():
    audio = clean_audio("mp3")[id3_length(clean_audio("mp3")) :]
    junk = np.random.default_rng(4).bytes(200_000)
    assert identify(io.BytesIO(tag(99, 99) + junk + audio))[1] == 109 + len(junk)
    for before in (junk * 2, bytes(17 << 20), tag(99, 99) * 3_000):
        with pytest.raises(AudioError) as caught:
            identify(io.BytesIO(before + audio))
        assert caught.value.reason == "AUDIO_NOT_AUDIO"


def test_nothing_but_zeros_is_no_audio():
    for size in (1, 1_000, 1 << 20):
        with pytest.raises(AudioError) as caught:
            identify(io.BytesIO(bytes(size)))
        assert caught.value.reason == "AUDIO_NOT_AUDIO"


def test_an_archive_behind_zeros_is_no_audio():
    with pytest.raises(AudioError):
        identify(io.BytesIO(bytes(1_000) + b"PK\x03\x04" + clean_audio("mp3")))
