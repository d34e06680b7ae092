"""Files whose tags are made to keep a parser busy: refused or passed over, in bounded work."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import mutagen
import numpy as np
import pytest

from malformed_audio import clean_audio, encode
from malformed_audio import melody as sound
from segue.audio import opening, tags
from segue.audio.comments import MOST_FIELDS, check_comments, has_too_many_id3_fields
from segue.audio.containers import identify
from segue.audio.decoding import decode_stream
from segue.audio.formats import Container
from segue.audio.tags import read_tags
from segue.errors import AudioError
from segue.tracks import TrackMetadata


def id3(fields: int, *, version: int = 3) -> bytes:
    texts = (b"\0%06d\0x" % number for number in range(fields))
    if version == 2:
        body = b"".join(b"TXX\0\0\x09" + text for text in texts)
    else:
        body = b"".join(b"TXXX" + struct.pack(">I", 9) + b"\0\0" + text for text in texts)
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + size + body


@pytest.mark.parametrize("version", [2, 3, 4])
def test_fields_of_a_tag_are_counted_without_reading_them(version: int) -> None:
    for fields, many in ((0, False), (3, False), (MOST_FIELDS, False), (MOST_FIELDS + 1, True)):
        file = io.BytesIO(id3(fields, version=version) + bytes(100))
        assert has_too_many_id3_fields(file) is many
        assert file.tell() == 0
    assert not has_too_many_id3_fields(io.BytesIO(b""))
    assert not has_too_many_id3_fields(io.BytesIO(clean_audio("mp3")))


def comments(fields: int, *, writer: bytes = b"test") -> bytes:
    field = b"a=b"
    body = struct.pack("<I", len(field)) + field
    return struct.pack("<I", len(writer)) + writer + struct.pack("<I", fields) + body * fields


def page(serial: int, number: int, packet: bytes, *, flags: int = 0) -> bytes:
    """Pages of one Ogg packet; a checksum is not needed to be counted."""
    pages = b""
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    for start in range(0, len(lacing), 255):
        part = lacing[start : start + 255]
        body = packet[start * 255 : start * 255 + sum(part)]
        head = struct.pack("<4sBBqIII", b"OggS", 0, flags, 0, serial, number, 0)
        pages += head + bytes([len(part)]) + part + body
        flags, number = 1, number + 1
    return pages


def flac_with(fields: int) -> bytes:
    whole = clean_audio("flac")
    block = comments(fields)
    assert whole[:4] == b"fLaC"
    return whole[:4] + whole[4:42] + bytes([4]) + len(block).to_bytes(3, "big") + block + whole[42:]


def samples(audio: bytes) -> int:
    return sum(block.size for block in decode_stream(io.BytesIO(audio), 22_050))


def test_a_tag_of_300_000_fields_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = id3(300_000) + clean_audio("mp3")
    assert len(bomb) > 5_000_000
    # Processor time, not the clock: it holds on a busy machine too.
    monkeypatch.setattr(opening, "_STEP_SECONDS", 2.0)
    assert samples(bomb) == samples(clean_audio("mp3"))
    assert read_tags(io.BytesIO(bomb)) == TrackMetadata()


def test_tags_are_read_again_after_one_that_took_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.flac"
    path.write_bytes(clean_audio("flac"))
    file = mutagen.File(path)
    file["title"] = "One"
    file.save()
    # As if the tag declared nothing of its fields: then only time ends it.
    monkeypatch.setattr(tags, "has_too_many_id3_fields", lambda _: False)
    monkeypatch.setattr(tags, "LIMIT_SECONDS", 0.05)
    assert read_tags(io.BytesIO(id3(200_000) + clean_audio("mp3"))) == TrackMetadata()
    monkeypatch.undo()
    assert read_tags(path).title == "One"


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
def test_decoding_starts_behind_a_tag(kind: str) -> None:
    whole = clean_audio(kind)
    container, first_byte = identify(io.BytesIO(whole))
    tagged = id3(3) + whole[first_byte:]
    assert identify(io.BytesIO(tagged)) == (container, len(id3(3)))
    assert samples(tagged) == samples(whole)


def test_flac_comments_with_too_many_fields_are_refused() -> None:
    assert samples(flac_with(MOST_FIELDS)) == samples(clean_audio("flac"))
    with pytest.raises(AudioError, match="declare 5001 fields, over 5000"):
        samples(flac_with(MOST_FIELDS + 1))


@pytest.mark.parametrize("prefix", [b"\x03vorbis", b"OpusTags", b"\x04\x00\x40\x00", b""])
@pytest.mark.parametrize("first", [0, 1], ids=["first stream", "second stream"])
def test_ogg_comments_with_too_many_fields_are_refused_wherever_they_are(
    prefix: bytes, first: int
) -> None:
    def stream(serial: int, fields: int) -> bytes:
        return (
            page(serial, 0, b"\x01header", flags=2)
            + page(serial, 1, prefix + comments(fields))
            + page(serial, 9, b"setup")
            + b"junk between pages"
        )

    good = stream(7, 3) * (1 + first)
    check_comments(io.BytesIO(good), Container.OGG)
    with pytest.raises(AudioError, match="fields, over"):
        check_comments(io.BytesIO(good * first + stream(8, MOST_FIELDS + 1)), Container.OGG)


def test_a_count_that_is_hidden_behind_an_endless_name_is_refused() -> None:
    hidden = b"OpusTags" + comments(10, writer=b"x" * 1_000_000)
    ogg = page(1, 0, b"OpusHead", flags=2) + page(1, 1, hidden)
    with pytest.raises(AudioError):
        check_comments(io.BytesIO(ogg), Container.OGG)


@pytest.mark.parametrize("kind", ["ogg", "opus", "flac"])
def test_ordinary_comments_are_fine_and_so_is_damage(kind: str) -> None:
    whole = np.frombuffer(clean_audio(kind), np.uint8)
    container, _ = identify(io.BytesIO(whole.tobytes()))
    check_comments(io.BytesIO(whole.tobytes()), container)
    rng = np.random.default_rng(3)
    for _ in range(50):
        broken = whole.copy()
        broken[rng.integers(0, 400, 8)] = rng.integers(0, 256, 8)
        try:
            check_comments(io.BytesIO(broken.tobytes()[: rng.integers(1, whole.size)]), container)
        except AudioError as refused:
            assert refused.reason == "AUDIO_UNDECODABLE"  # noqa: PT017


def ape(fields: int) -> bytes:
    return b"APETAGEX" + struct.pack("<IIII", 2_000, 32, fields, 0) + bytes(8)


def test_ape_tags_with_too_many_fields_are_refused() -> None:
    melody = encode(sound(44_100), 44_100, "wv", "wavpack", "s16p")
    assert samples(melody + ape(MOST_FIELDS)) == samples(melody)
    with pytest.raises(AudioError, match="declare 65000 fields"):
        samples(melody + ape(65_000))


def test_a_header_that_is_read_for_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_STEP_SECONDS", -1.0)
    with pytest.raises(AudioError) as refused:
        samples(clean_audio("wav"))
    assert refused.value.reason == "AUDIO_DECODER_TIMEOUT"
