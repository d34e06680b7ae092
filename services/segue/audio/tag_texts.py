"""The texts of a file's tags by name, whatever its format: one mapping for all of them.

Names are brought together: ``TPE1``, ``©ART`` and ``Author`` are all ``artist``; ``TXXX:MusicBrainz
Album Id``, ``MUSICBRAINZ_ALBUMID`` and ``----:com.apple.iTunes:MusicBrainz Album Id`` are all
``musicbrainzalbumid``.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, TypeAlias

import mutagen
from mutagen.apev2 import APETextValue, APEv2, APEv2File
from mutagen.asf import ASF
from mutagen.dsdiff import DSDIFF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.id3 import ID3, Frames, Frames_2_2, ParseID3v1, TextFrame
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp4 import MP4
from mutagen.musepack import Musepack
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.optimfrog import OptimFROG
from mutagen.tak import TAK
from mutagen.wavpack import WavPack

from segue.audio.containers import id3_length

TagTexts: TypeAlias = dict[str, list[str]]
"""Values by name. Two values are two values of the tag; one may still be several in one text."""

MOST_VALUES = 64
"""Values of one name that are looked at."""

_LONGEST = 4_000
"""Characters of a value that are looked at."""

_MOST_TAGS = 4
"""ID3v2 tags in front of the audio that are read: some programs add one and leave the old."""

_MOST_CHUNKS = 1_000
_LONGEST_CHUNK = 64 * 1024
"""Bytes of the texts of a WAV or AIFF file, but for its ID3 tag."""

_NAMES = {
    "tit2": "title", "tpe1": "artist", "talb": "album", "tpe2": "albumartist", "tcom": "composer",
    "tcon": "genre", "tmoo": "mood", "tdor": "originaldate", "tory": "originalyear",
    "tdrc": "date", "tdrl": "releasedate", "tyer": "year", "tsrc": "isrc", "trck": "tracknumber",
    "tpos": "discnumber", "tbpm": "bpm", "tkey": "initialkey", "tlan": "language",
    "\xa9nam": "title", "\xa9art": "artist", "\xa9alb": "album", "aart": "albumartist",
    "\xa9wrt": "composer", "\xa9gen": "genre", "\xa9day": "date", "trkn": "tracknumber",
    "disk": "discnumber", "tmpo": "bpm", "rtng": "itunesadvisory",
    "author": "artist", "albumtitle": "album", "track": "tracknumber", "disc": "discnumber",
    "partofset": "discnumber", "beatsperminute": "bpm", "tempo": "bpm", "key": "initialkey",
    "originalreleaseyear": "originalyear",
}  # fmt: skip
"""Frames of ID3, atoms of MP4, and names that only some programs use, by their common name."""

_KINDS = (
    FLAC, OggVorbis, OggOpus, OggFLAC, OggSpeex, MP4, ASF, WavPack, Musepack, MonkeysAudio,
    OptimFROG, TAK, APEv2File, DSF, DSDIFF,
)  # fmt: skip

# The library reads times as numbers and drops what it does not know: "Oct 3, 1995" would be lost.
_TIMES = {name: type(name, (TextFrame,), {}) for name in ("TDRC", "TDOR", "TDRL")}
_FRAMES = {**Frames, **Frames_2_2, **_TIMES}


class _Id3(ID3):
    """An ID3v2 tag at a place of a file, its frames as they stand."""

    def __init__(self, file: BinaryIO, at: int) -> None:
        self._at = at
        super().__init__(file, known_frames=_FRAMES, translate=False, load_v1=False)  # type: ignore[no-untyped-call]

    def _pre_load_header(self, fileobj: BinaryIO) -> None:
        fileobj.seek(self._at)


def read_tag_texts(file: BinaryIO) -> TagTexts:
    """All texts of a file's tags: of its own kind of tag first, then ID3v2, APEv2 and ID3v1.

    Where several tags know a name, the first one's values are taken. A tag that cannot be read is
    passed over; so what is returned may be empty.
    """
    found: TagTexts = {}
    for read in (_own, _id3v2, _apev2, _id3v1):
        for name, values in _attempt(read, file).items():
            found.setdefault(name, values)
    return found


def plain_name(name: str) -> str:
    """The name under which a field is found, whatever it is called in its tag."""
    plain = re.sub(r"[ _/-]", "", name.lower().removeprefix("wm/"))
    return _NAMES.get(plain, plain)


def _attempt(read: Callable[[BinaryIO], TagTexts], file: BinaryIO) -> TagTexts:
    file.seek(0)
    try:
        return read(file)
    except Exception:  # parsers of damaged tags fail in ways they do not declare
        return {}


def _own(file: BinaryIO) -> TagTexts:
    """What the format itself has for tags."""
    head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
        return _chunked_texts(file, "<", _RIFF_NAMES)
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _chunked_texts(file, ">", _AIFF_NAMES)
    file.seek(id3_length(head))
    behind_tag = file.read(4)
    file.seek(0)
    if behind_tag == b"fLaC":
        kind: Any = FLAC(file)  # type: ignore[no-untyped-call]
    else:
        kind = mutagen.File(file, options=_KINDS)
    return {} if kind is None or kind.tags is None else _texts_of(kind.tags)


def _id3v2(file: BinaryIO) -> TagTexts:
    found: TagTexts = {}
    at = 0
    for _ in range(_MOST_TAGS):
        file.seek(at)
        length = id3_length(file.read(10))
        if not length:
            break
        for name, values in _texts_of(_Id3(file, at)).items():
            found.setdefault(name, values)
        at += length
    return found


def _apev2(file: BinaryIO) -> TagTexts:
    return _texts_of(APEv2(file))  # type: ignore[no-untyped-call]


def _id3v1(file: BinaryIO) -> TagTexts:
    size = file.seek(0, 2)
    file.seek(max(0, size - 128))
    frames: Any = ParseID3v1(file.read(128))  # type: ignore[no-untyped-call]
    return _id3_texts((frames or {}).values())


def _texts_of(tags: Any) -> TagTexts:
    kind = type(tags)
    if issubclass(kind, ID3):
        return _id3_texts(tags.values())
    if issubclass(kind, APEv2):
        pairs = ((name, value) for name, value in tags.items() if isinstance(value, APETextValue))
        return _gathered((plain_name(name), list(value)) for name, value in pairs)
    if issubclass(kind, list):  # Vorbis comments and ASF: a name may come several times
        return _gathered((plain_name(name), [str(value)[:_LONGEST]]) for name, value in tags)
    return _gathered(
        (_mp4_name(name), [_mp4_text(value) for value in _listed(values)])
        for name, values in tags.items()
        if name != "covr"
    )


def _id3_texts(frames: Iterable[Any]) -> TagTexts:
    own: list[tuple[str, list[str]]] = []
    free: list[tuple[str, list[str]]] = []
    for frame in frames:
        kind = frame.FrameID
        if kind == "TXXX":
            free.append((plain_name(frame.desc), list(map(str, frame.text))))
        elif kind == "TCON":
            # Genres may be numbers, which the library spells out here alone.
            own.append(("genre", frame.genres))
        elif kind == "UFID" and frame.owner == "http://musicbrainz.org":
            own.append(("musicbrainztrackid", [frame.data.decode("latin-1")]))
        elif kind == "RVA2" and frame.desc.lower() == "track":
            own.append(("rva2", [str(frame.gain)]))
        elif issubclass(type(frame), TextFrame):
            own.append((plain_name(kind), list(map(str, frame.text))))
    # A frame has one meaning; a name that somebody chose is believed where there is no frame.
    return {**_gathered(free), **_gathered(own)}


def _gathered(pairs: Iterable[tuple[str, Iterable[str]]]) -> TagTexts:
    found: TagTexts = {}
    for name, values in pairs:
        known = found.setdefault(name, [])
        texts = (_clean(value) for value in islice(values, MOST_VALUES - len(known)))
        known += [text for text in texts if text]
    return {name: values for name, values in found.items() if values}


def _clean(text: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in text[:_LONGEST])
    return " ".join(printable.split())


def _mp4_name(name: str) -> str:
    return plain_name(name.rpartition(":")[2] if name.startswith("----:") else name)


def _mp4_text(value: object) -> str:
    if isinstance(value, bytes):
        return value[: 4 * _LONGEST].decode("utf-8", "replace")
    if isinstance(value, tuple):  # number of a track, and how many there are
        return str(value[0])
    return str(value)


def _listed(values: object) -> list[object]:
    return list(values) if isinstance(values, list) else [values]


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    size: int


_RIFF_NAMES = {
    b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"IGNR": "genre", b"ICRD": "date",
    b"ITRK": "tracknumber", b"IPRT": "tracknumber", b"IMUS": "composer", b"ILNG": "language",
}  # fmt: skip
_AIFF_NAMES = {b"NAME": "title", b"AUTH": "artist"}


def _chunked_texts(file: BinaryIO, order: str, names: dict[bytes, str]) -> TagTexts:
    """Texts of a WAV or AIFF file: of its ID3 tag, then of its own chunks.

    Specifications: Multimedia Programming Interface and Data Specifications 1.0 (1991, LIST INFO);
    Audio Interchange File Format 1.3 (1989); EBU Tech 3306 (2018, sizes over 4 GiB).
    """
    end = file.seek(0, 2)
    tagged: TagTexts = {}
    pairs: list[tuple[str, list[str]]] = []
    for chunk in _chunks(file, 12, end, order):
        if chunk.name.lower() == b"id3 ":
            for name, values in _attempt(
                lambda source, at=chunk.start: _texts_of(_Id3(source, at)),  # type: ignore[misc]
                file,
            ).items():
                tagged.setdefault(name, values)
            continue
        file.seek(chunk.start)
        if chunk.name == b"LIST" and file.read(4) == b"INFO":
            last = min(chunk.start + min(chunk.size, _LONGEST_CHUNK), end)
            inner = list(_chunks(file, chunk.start + 4, last, order))
        else:
            inner = [chunk]
        for one in inner:
            if one.name in names:
                file.seek(one.start)
                text = file.read(min(one.size, _LONGEST_CHUNK)).split(b"\0")[0]
                pairs.append((names[one.name], [_decoded(text)]))
    return {**_gathered(pairs), **tagged}


def _chunks(file: BinaryIO, at: int, end: int, order: str) -> Iterator[_Chunk]:
    large: dict[bytes, int] = {}
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or at + 8 > end:
            return
        name, size = struct.unpack(f"{order}4sI", header)
        if name == b"ds64":
            large[b"data"] = int(struct.unpack("<8xQ", file.read(16))[0])
        if size == 0xFFFFFFFF:
            size = large.get(name, end - at - 8)
        yield _Chunk(name, at + 8, size)
        at += 8 + size + size % 2


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")
