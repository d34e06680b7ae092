import mutagen
import numpy as np
import pytest
from mutagen.id3 import ID3, TALB, TCON, TDRC, TIT2, TPE1, TXXX
from mutagen.mp4 import MP4, MP4FreeForm

import malformed_audio
from malformed_audio import clean_audio
from segue.audio.tags import read_composer, read_tags
from segue.tracks import TrackMetadata

EXPECTED = TrackMetadata(
    title="Nachtlied",
    artist="Åse Ødegård",
    album="First Light",
    genres=("indie folk", "dream pop"),
    moods=("calm",),
    year=1998,
)


def write_comments(path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    file["title"] = [EXPECTED.title]
    file["artist"] = [EXPECTED.artist]
    file["album"] = [EXPECTED.album]
    file["genre"] = ["Indie  Folk", "Dream Pop"]
    file["mood"] = ["Calm"]
    file["date"] = ["1998-03-21"]
    file.save()


def write_id3(path) -> None:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    tags: ID3 = file.tags
    tags.add(TIT2(encoding=3, text=[EXPECTED.title]))
    tags.add(TPE1(encoding=3, text=[EXPECTED.artist]))
    tags.add(TALB(encoding=3, text=[EXPECTED.album]))
    tags.add(TCON(encoding=3, text=["Indie Folk; Dream Pop"]))
    tags.add(TXXX(encoding=3, desc="MOOD", text=["Calm"]))
    tags.add(TDRC(encoding=3, text=["1998-03-21"]))
    file.save()


def write_mp4(path) -> None:
    file = MP4(path)
    if file.tags is None:
        file.add_tags()
    file["\xa9nam"] = [EXPECTED.title]
    file["\xa9ART"] = [EXPECTED.artist]
    file["\xa9alb"] = [EXPECTED.album]
    file["\xa9gen"] = ["Indie Folk/Dream Pop"]
    file["----:com.apple.iTunes:MOOD"] = [MP4FreeForm(b"Calm")]
    file["\xa9day"] = ["1998"]
    file.save()


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("flac", write_comments), ("ogg", write_comments), ("opus", write_comments),
        ("mp3", write_id3), ("wav", write_id3), ("aiff", write_id3),
        ("m4a", write_mp4), ("alac.m4a", write_mp4),
    ],
)  # fmt: skip
def test_every_format(tmp_path, kind, write):
    path = tmp_path / f"melody.{kind}"
    path.write_bytes(clean_audio(kind))
    write(path)
    assert read_tags(path) == EXPECTED


@pytest.mark.parametrize("kind", [*malformed_audio.FORMATS, "ogg"])
def test_no_tags_are_empty_metadata(tmp_path, kind):
    path = tmp_path / f"melody.{kind}"
    path.write_bytes(clean_audio(kind))
    assert read_tags(path) == TrackMetadata()


def test_numbered_genres_are_spelt_out(tmp_path):
    path = tmp_path / "melody.mp3"
    path.write_bytes(clean_audio("mp3"))
    tags = ID3()
    tags.add(TCON(encoding=0, text=["(8)(17)"]))
    tags.save(path)
    assert read_tags(path).genres == ("jazz", "rock")


@pytest.mark.parametrize(
    ("date", "year"), [("2003", 2003), ("0000", None), ("20031", None), ("", None), ("soon", None)]
)
def test_year_is_four_digits(tmp_path, date, year):
    path = tmp_path / "melody.flac"
    path.write_bytes(clean_audio("flac"))
    file = mutagen.File(path)
    file["date"] = date
    file.save()
    assert read_tags(path).year == year


def test_control_signs_and_endless_texts_are_cut(tmp_path):
    path = tmp_path / "melody.flac"
    path.write_bytes(clean_audio("flac"))
    file = mutagen.File(path)
    file["title"] = "One\x00Two\n\x1b[31m" + "x" * 100_000
    file["genre"] = [f"genre {number}" for number in range(500)]
    file.save()
    metadata = read_tags(path)
    assert metadata.title.startswith("One Two [31mx")
    assert len(metadata.title) <= 1_000
    assert len(metadata.genres) == 32


def test_missing_file_is_empty_metadata(tmp_path):
    assert read_tags(tmp_path / "absent.mp3") == TrackMetadata()


def test_damage_never_raises(tmp_path):
    rng = np.random.default_rng(1)
    for kind, write in (("flac", write_comments), ("mp3", write_id3), ("m4a", write_mp4)):
        path = tmp_path / f"tagged.{kind}"
        path.write_bytes(clean_audio(kind))
        write(path)
        content = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(40):
            broken = content.copy()
            broken[rng.integers(0, min(broken.size, 3_000), 20)] = rng.integers(0, 256, 20)
            path.write_bytes(broken.tobytes())
            assert isinstance(read_tags(path), TrackMetadata)
    for case in malformed_audio.malformed_audio():
        path = tmp_path / case.name
        path.write_bytes(case.content)
        assert isinstance(read_tags(path), TrackMetadata)


@pytest.mark.parametrize("form", ["ogg", "mp3", "flac"])
def test_the_composer_is_read_whatever_the_format(tmp_path, form):
    path = tmp_path / f"song.{form}"
    path.write_bytes(clean_audio(form))
    assert read_composer(path) == ""
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["composer"] = ["Clara  Schumann"]
    file.save()
    assert read_composer(path) == "Clara Schumann"


def test_what_is_no_audio_has_no_composer(tmp_path):
    (tmp_path / "x.ogg").write_bytes(b"OggS and nothing else")
    assert read_composer(tmp_path / "x.ogg") == read_composer(tmp_path / "none.ogg") == ""
