"""How many fields the tags of a file declare, before a library reads them.

FFmpeg compares each field with all before it, in one call that nothing can break off: a few
megabytes of them take it minutes. Formats whose tags it reads piece by piece are limited in time
instead (:mod:`segue.audio.decoding`), and those before the audio are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from segue.audio.containers import id3_length
from segue.audio.formats import Container
from segue.errors import AudioError

MOST_FIELDS = 5_000
"""Fields in one file's comments."""

_BEGINNING_BYTES = 64 * 1024
"""Of a comment packet: enough for the name of the program that wrote it, which comes first."""

_PREFIXES = (b"\x03vorbis", b"OpusTags")
_FLAC_COMMENT = 4
_APE_FOOTER_BYTES = 32
_FIRST_PAGE = 0x02


def check_comments(file: BinaryIO, container: Container) -> None:
    """Refuse a file whose comments declare too many fields; its position is the start afterwards.

    Raises
    ------
    AudioError
        ``AUDIO_UNDECODABLE`` when they do.
    """
    fields = _ape_fields(file)
    if fields > MOST_FIELDS:
        raise _too_many(fields)
    file.seek(0)
    if container is Container.FLAC:
        beginnings = _flac_comments(file)
    elif container is Container.OGG:
        beginnings = _ogg_comments(file)
    else:
        file.seek(0)
        return
    for beginning in beginnings:
        fields = _declared(beginning)
        if fields > MOST_FIELDS:
            raise _too_many(fields)
    file.seek(0)


def _too_many(fields: int) -> AudioError:
    return AudioError(
        f"the file's tags declare {fields} fields, over {MOST_FIELDS}", "AUDIO_UNDECODABLE"
    )


def _ape_fields(file: BinaryIO) -> int:
    """Number of fields that an APE tag at the end declares; WavPack and others carry such tags."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _APE_FOOTER_BYTES))
    footer = file.read(_APE_FOOTER_BYTES)
    if len(footer) < _APE_FOOTER_BYTES or footer[:8] != b"APETAGEX":
        return 0
    return int(struct.unpack_from("<I", footer, 16)[0])


def has_too_many_id3_fields(file: BinaryIO) -> bool:
    """Whether an ID3 tag at the start holds more than ``MOST_FIELDS``; the position is the start.

    By the lengths that its fields declare, without reading them.
    """
    file.seek(0)
    head = file.read(10)
    end = id3_length(head)
    at, fields = 10, 0
    short = len(head) == 10 and head[3] == 2
    while fields <= MOST_FIELDS and at < end:
        file.seek(at)
        field = file.read(6 if short else 10)
        if len(field) < 6 or not field[:3].isalnum():
            break  # padding, or no field at all
        if short:
            size = int.from_bytes(field[3:6], "big")
        elif head[3] == 4 and not any(byte & 0x80 for byte in field[4:8]):
            size = field[4] << 21 | field[5] << 14 | field[6] << 7 | field[7]
        else:
            size = int.from_bytes(field[4:8], "big")
        at += len(field) + size
        fields += 1
    file.seek(0)
    return fields > MOST_FIELDS


def _declared(beginning: bytes) -> int:
    """Number of fields of a comment, by the layout that Vorbis gave them."""
    starts = [len(prefix) for prefix in _PREFIXES if beginning.startswith(prefix)] or [0]
    if beginning[:1] and beginning[0] & 0x7F == _FLAC_COMMENT:
        starts.append(4)  # perhaps a FLAC block within Ogg, with its header
    counts = [count for start in starts if (count := _count(beginning, start)) is not None]
    if counts:
        return max(counts)
    # Cut off, or with a name of its writer that is no name: nobody can tell, so it is too many.
    return MOST_FIELDS + 1 if len(beginning) >= _BEGINNING_BYTES else 0


def _count(beginning: bytes, start: int) -> int | None:
    if len(beginning) < start + 4:
        return None
    at = start + 4 + int(struct.unpack_from("<I", beginning, start)[0])
    return int(struct.unpack_from("<I", beginning, at)[0]) if len(beginning) >= at + 4 else None


def _flac_comments(file: BinaryIO) -> Iterator[bytes]:
    at = 4
    while True:
        file.seek(at)
        header = file.read(4)
        if len(header) < 4:
            return
        if header[0] & 0x7F == _FLAC_COMMENT:
            yield file.read(min(int.from_bytes(header[1:], "big"), _BEGINNING_BYTES))
        if header[0] & 0x80:
            return
        at += 4 + int.from_bytes(header[1:], "big")


def _ogg_comments(file: BinaryIO) -> Iterator[bytes]:
    """Beginning of the second packet of every stream: of those that follow one another too."""
    packets: dict[bytes, tuple[int, bytes]] = {}
    at = 0
    while True:
        file.seek(at)
        header = file.read(27)
        if len(header) < 27:
            break
        if header[:4] != b"OggS":
            at = _next_page(file, at + 1)
            continue
        lacing = file.read(header[26])
        serial = header[14:18]
        if header[5] & _FIRST_PAGE:
            packets[serial] = 0, b""
        if serial in packets:
            body = file.read(sum(lacing))
            number, beginning = packets[serial]
            for size in lacing:
                if number == 1 and len(beginning) < _BEGINNING_BYTES:
                    beginning += body[:size]
                body = body[size:]
                if size < 255:
                    number += 1
            if number > 1:
                yield beginning
                del packets[serial]
            else:
                packets[serial] = number, beginning
        at += 27 + len(lacing) + sum(lacing)
    yield from (beginning for _, beginning in packets.values())


def _next_page(file: BinaryIO, at: int) -> int:
    while True:
        file.seek(at)
        piece = file.read(_BEGINNING_BYTES)
        found = piece.find(b"OggS")
        if found >= 0:
            return at + found
        if len(piece) < 4:
            return at + len(piece)
        at += len(piece) - 3
