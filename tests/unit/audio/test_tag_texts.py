"""Tags of every kind of file, as other programs write them, by what they mean."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import mutagen
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import (
    ID3,
    RVA2,
    TALB,
    TBPM,
    TCON,
    TDRC,
    TIT2,
    TKEY,
    TLAN,
    TMOO,
    TPE1,
    TPE2,
    TPOS,
    TRCK,
    TSRC,
    TXXX,
    TYER,
    UFID,
)  # fmt: skip
from mutagen.mp4 import MP4FreeForm

from malformed_audio import clean_audio
from segue.audio.tags import read_tags
from segue.tracks import TrackMetadata

RECORDING = "11111111-2222-4333-8444-555555555555"
RELEASE = "22222222-2222-4333-8444-555555555555"
ARTISTS = ("33333333-2222-4333-8444-555555555555", "44444444-2222-4333-8444-555555555555")

EVERYTHING = TrackMetadata(
    title="Nachtlied",
    artist="Ann feat. Bob",
    album="First Light",
    genres=("folk, world, & country", "r&b/soul"),
    moods=("calm",),
    year=1995,
    artists=("Ann", "Bob"),
    album_artist="Ann",
    isrc="USRC17607839",
    musicbrainz_recording_id=RECORDING,
    musicbrainz_release_id=RELEASE,
    musicbrainz_artist_ids=ARTISTS,
    track_number=3,
    disc_number=2,
    bpm=127.5,
    key="Am",
    language="eng",
    explicit=True,
    track_gain_db=-7.03,
)

COMMENTS = {
    "title": "Nachtlied", "artist": "Ann feat. Bob", "artists": ["Ann", "Bob"],
    "album": "First Light", "albumartist": "Ann",
    "genre": ["Folk, World, & Country", "R&B/Soul"], "MOOD": "Calm", "date": "Oct 3, 1995",
    "isrc": "US-RC1-76-07839", "MUSICBRAINZ_TRACKID": RECORDING, "musicbrainz_albumid": RELEASE,
    "musicbrainz_artistid": list(ARTISTS), "tracknumber": "03", "discnumber": "2/2",
    "bpm": "127.5", "initialkey": "8A", "language": "eng", "itunesadvisory": "1",
    "replaygain_track_gain": "-7.03 dB",
}  # fmt: skip


def audio(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"melody.{kind}"
    path.write_bytes(clean_audio(kind))
    return path


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus"])
def test_vorbis_comments(tmp_path: Path, kind: str) -> None:
    path = audio(tmp_path, kind)
    file = mutagen.File(path)
    file.update(COMMENTS)
    file.save()
    assert read_tags(path) == EVERYTHING


def id3(**changes: object) -> ID3:
    tags = ID3()
    for frame in (
        TIT2(3, "Nachtlied"), TPE1(3, "Ann feat. Bob"),
        TXXX(3, desc="Artists", text=["Ann", "Bob"]),
        TALB(3, "First Light"), TPE2(3, "Ann"),
        TCON(3, ["Folk, World, & Country", "R&B/Soul"]), TXXX(3, desc="Mood", text="Calm"),
        TDRC(3, "1995-10-03"), TSRC(3, "USRC17607839"),
        UFID(owner="http://musicbrainz.org", data=RECORDING.encode()),
        TXXX(3, desc="MusicBrainz Album Id", text=RELEASE),
        TXXX(3, desc="MusicBrainz Artist Id", text=list(ARTISTS)),
        TRCK(3, "3/12"), TPOS(3, "2"), TBPM(3, "127.5"), TKEY(3, "Am"), TLAN(3, "eng"),
        TXXX(3, desc="ITUNESADVISORY", text="1"),
        TXXX(3, desc="replaygain_track_gain", text="-7.03 dB"),
    ):  # fmt: skip
        tags.add(frame)
    return tags


@pytest.mark.parametrize("kind", ["mp3", "wav", "aiff"])
def test_id3(tmp_path: Path, kind: str) -> None:
    path = audio(tmp_path, kind)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file.tags.update(id3())
    file.save()
    assert read_tags(path) == EVERYTHING


def test_mp4(tmp_path: Path) -> None:
    path = audio(tmp_path, "m4a")
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()

    def free(*texts: str) -> list[MP4FreeForm]:
        return [MP4FreeForm(text.encode()) for text in texts]

    own = "----:com.apple.iTunes:"
    file.tags.update({
        "\xa9nam": "Nachtlied", "\xa9ART": "Ann feat. Bob", f"{own}ARTISTS": free("Ann", "Bob"),
        "\xa9alb": "First Light", "aART": "Ann",
        "\xa9gen": ["Folk, World, & Country", "R&B/Soul"], f"{own}mood": free("Calm"),
        "\xa9day": "1995-10-03T07:00:00Z", f"{own}ISRC": free("USRC17607839"),
        f"{own}MusicBrainz Track Id": free(RECORDING),
        f"{own}MusicBrainz Album Id": free(RELEASE),
        f"{own}MusicBrainz Artist Id": free(*ARTISTS),
        "trkn": [(3, 12)], "disk": [(2, 2)], f"{own}BPM": free("127.5"),
        f"{own}initialkey": free("8A"), f"{own}LANGUAGE": free("eng"), "rtng": [4],
        f"{own}replaygain_track_gain": free("-7.03 dB"),
    })  # fmt: skip
    file.save()
    assert read_tags(path) == EVERYTHING


def test_ape(tmp_path: Path) -> None:
    path = audio(tmp_path, "mp3")
    plain = path.read_bytes()
    tags = APEv2()
    tags.update({
        "Title": "Nachtlied", "Artist": "Ann feat. Bob", "Artists": ["Ann", "Bob"],
        "Album": "First Light", "Album Artist": "Ann",
        "Genre": ["Folk, World, & Country", "R&B/Soul"], "Mood": "Calm", "Year": "1995",
        "ISRC": "USRC17607839", "MUSICBRAINZ_TRACKID": RECORDING, "MUSICBRAINZ_ALBUMID": RELEASE,
        "MUSICBRAINZ_ARTISTID": list(ARTISTS), "Track": "3/12", "Disc": "2", "BPM": "127.5",
        "KEY": "Am", "Language": "eng", "ITUNESADVISORY": "1",
        "REPLAYGAIN_TRACK_GAIN": "-7.03 dB",
    })  # fmt: skip
    tags.save(path)
    assert read_tags(path) == EVERYTHING
    assert read_tags(io.BytesIO(path.read_bytes())) == EVERYTHING
    path.write_bytes(plain)
    assert read_tags(path) == TrackMetadata()


def test_what_one_tag_does_not_say_another_does(tmp_path: Path) -> None:
    path = audio(tmp_path, "mp3")
    ape = APEv2()
    ape.update({"Title": "Of APEv2", "Artist": "Ann"})
    ape.save(path)
    tags = ID3()
    tags.add(TIT2(3, "Of ID3"))
    tags.save(path, v1=2)
    old = ID3()
    old.add(TALB(3, "Of the last 128 bytes"))
    with_old = io.BytesIO()
    old.save(with_old, v1=2)
    path.write_bytes(path.read_bytes()[:-128] + with_old.getvalue()[-128:])
    read = read_tags(path)
    assert (read.title, read.artist, read.album) == ("Of ID3", "Ann", "Of the last 128 bytes")


def tag(*frames: object) -> bytes:
    tags, file = ID3(), io.BytesIO()
    for frame in frames:
        tags.add(frame)
    tags.save(file)
    return file.getvalue()


def test_several_tags_in_front_of_the_audio() -> None:
    file = io.BytesIO(
        tag(TIT2(3, "New")) + tag(TIT2(3, "Old"), TPE1(3, "Ann")) + clean_audio("mp3")
    )
    assert read_tags(file) == TrackMetadata("New", "Ann")


def test_an_id3_tag_in_front_of_flac(tmp_path: Path) -> None:
    path = audio(tmp_path, "flac")
    file = mutagen.File(path)
    file["title"] = "Of its own"
    file.save()
    file = io.BytesIO(tag(TIT2(3, "Of ID3"), TPE1(3, "Ann")) + path.read_bytes())
    assert read_tags(file) == TrackMetadata("Of its own", "Ann")


def v23(frames: dict[bytes, bytes]) -> bytes:
    """An ID3v2.3 tag as it stands in a file, which the library would write otherwise."""
    body = b"".join(
        name + struct.pack(">I", len(text) + 1) + b"\0\0" + b"\0" + text
        for name, text in frames.items()
    )
    size = len(body)
    return (
        b"ID3\x03\0\0" + bytes([size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127]) + body
    )


def test_artists_of_one_text() -> None:
    read = read_tags(io.BytesIO(v23({b"TPE1": b"Alpha; Beta"}) + clean_audio("mp3")))
    assert (read.artist, read.artists) == ("Alpha; Beta", ("Alpha", "Beta"))
    read = read_tags(io.BytesIO(v23({b"TPE1": b"AC/DC"}) + clean_audio("mp3")))
    assert (read.artist, read.artists) == ("AC/DC", ("AC/DC",))


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("flac", lambda file: file.update({"artist": ["Alpha; 1", "AC/DC"]})),
        ("mp3", lambda file: file.tags.add(TPE1(3, ["Alpha; 1", "AC/DC"]))),
        ("m4a", lambda file: file.tags.update({"\xa9ART": ["Alpha; 1", "AC/DC"]})),
    ],
)
def test_artists_of_several_values(
    tmp_path: Path, kind: str, write: Callable[[object], None]
) -> None:
    path = audio(tmp_path, kind)
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    write(file)
    file.save()
    read = read_tags(path)
    assert (read.artist, read.artists) == ("Alpha; 1, AC/DC", ("Alpha; 1", "AC/DC"))


@pytest.mark.parametrize("frame", [b"TYER", b"TDRC", b"TORY", b"TDOR"])
@pytest.mark.parametrize("date", [b"Oct 3, 1995", b"03/10/1995", b"19951003", b"c. 1995"])
def test_dates_of_id3_are_read_as_they_stand(frame: bytes, date: bytes) -> None:
    assert read_tags(io.BytesIO(v23({frame: date}) + clean_audio("mp3"))).year == 1995


def test_the_older_frames_of_id3() -> None:
    tags = v23({b"TYER": b"1995", b"TCON": b"(8)(17)", b"TMOO": b"Calm"})
    read = read_tags(io.BytesIO(tags + clean_audio("mp3")))
    assert (read.year, read.genres, read.moods) == (1995, ("jazz", "rock"), ("calm",))
    three = b"TT2\x00\x00\x04\x00New"
    size = len(three)
    old = b"ID3\x02\0\0" + bytes([0, 0, 0, size]) + three
    assert read_tags(io.BytesIO(old + clean_audio("mp3"))).title == "New"


@pytest.mark.parametrize("name", ["Mood", "MOOD", "mood", "mOOd"])
def test_a_mood_in_any_case(name: str) -> None:
    file = io.BytesIO(tag(TXXX(3, desc=name, text="Calm; Dark")) + clean_audio("mp3"))
    assert read_tags(file).moods == ("calm", "dark")


def chunk(name: bytes, body: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(body)) + body + b"\0" * (len(body) % 2)


def wav_with(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    sound = clean_audio("wav")[12:]
    body = b"WAVE" + b"".join(chunks) + sound
    return form + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("form", [b"RIFF", b"RF64", b"BW64"])
def test_the_info_of_a_wav_file(form: bytes) -> None:
    info = b"INFO" + b"".join(
        chunk(name, text + b"\0")
        for name, text in {
            b"INAM": "Schnée".encode(), b"IART": "Zoë".encode("cp1252"), b"IPRD": b"Album",
            b"IGNR": b"Jazz", b"ICRD": b"1995-10-03", b"ITRK": b"7", b"ISFT": b"Writer",
        }.items()
    )  # fmt: skip
    read = read_tags(io.BytesIO(wav_with(chunk(b"LIST", info), form=form)))
    assert read == TrackMetadata("Schnée", "Zoë", "Album", ("jazz",), (), 1995, track_number=7)


@pytest.mark.parametrize("name", [b"id3 ", b"ID3 "])
def test_the_id3_tag_of_a_wav_file_goes_before_its_info(name: bytes) -> None:
    info = b"INFO" + chunk(b"INAM", b"Cut off to thirty charac\0") + chunk(b"IART", b"Ann\0")
    file = wav_with(chunk(b"LIST", info), chunk(name, tag(TIT2(3, "Whole"), TYER(3, "1995"))))
    assert read_tags(io.BytesIO(file)) == TrackMetadata("Whole", "Ann", year=1995)


def test_the_text_chunks_of_an_aiff_file() -> None:
    plain = clean_audio("aiff")
    texts = chunk(b"NAME", b"Nachtlied", ">") + chunk(b"AUTH", b"Ann", ">")
    body = plain[8:12] + texts + plain[12:]
    file = b"FORM" + struct.pack(">I", len(body)) + body
    assert read_tags(io.BytesIO(file)) == TrackMetadata("Nachtlied", "Ann")


def test_chunks_that_lie_about_their_size_end_the_reading() -> None:
    for size in (0, 1, 0xFFFFFFFE, 0xFFFFFFFF):
        lying = (
            b"LIST" + struct.pack("<I", size) + b"INFOINAM" + struct.pack("<I", size) + b"Name\0"
        )
        assert isinstance(read_tags(io.BytesIO(wav_with(lying))), TrackMetadata)


def test_loudness_in_other_spellings(tmp_path: Path) -> None:
    path = audio(tmp_path, "opus")
    file = mutagen.File(path)
    file["r128_track_gain"] = "-512"
    file.save()
    assert read_tags(path).track_gain_db == pytest.approx(3.0)
    gain = tag(RVA2(desc="track", channel=1, gain=-3.5, peak=1.0))
    assert read_tags(io.BytesIO(gain + clean_audio("mp3"))).track_gain_db == pytest.approx(-3.5)


def test_what_is_not_what_its_field_is_for_is_left_out(tmp_path: Path) -> None:
    path = audio(tmp_path, "flac")
    file = mutagen.File(path)
    file.update({
        "isrc": "none", "musicbrainz_trackid": "none", "tracknumber": "A1", "discnumber": "0",
        "bpm": "0", "initialkey": "o", "itunesadvisory": "0", "replaygain_track_gain": "loud",
        "musicbrainz_artistid": ["x", ARTISTS[0]],
    })  # fmt: skip
    file.save()
    assert read_tags(path) == TrackMetadata(musicbrainz_artist_ids=ARTISTS[:1])


def test_a_mood_of_its_own_frame() -> None:
    file = io.BytesIO(tag(TMOO(3, ["Calm", "Dark"])) + clean_audio("mp3"))
    assert read_tags(file).moods == ("calm", "dark")
