import json
from pathlib import Path

import pytest

from malformed_audio import clean_audio
from segue.cli.sources import collect
from segue.library.left_out import Reason
from segue.library.places import path_of, place_of
from segue.object_names import ObjectName
from segue.tracks import TrackMetadata


def test_a_folder_gives_its_audio_files_in_a_stable_order(tmp_path):
    for name in ("b/two.MP3", "a/one.flac", "b/notes.txt", "a/._one.flac", ".hidden/x.mp3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    sources = collect([tmp_path])

    paths = [Path(path_of(item.uri)).relative_to(tmp_path) for item in sources.items]
    assert [str(path) for path in paths] == ["a/one.flac", "b/two.MP3"]
    assert sources.problems == []


def test_a_single_file_is_taken_whatever_it_is_called(tmp_path):
    (tmp_path / "song ü#1.bin").touch()

    (item,) = collect([tmp_path / "song ü#1.bin"], force=True).items

    assert Path(path_of(item.uri)) == tmp_path / "song ü#1.bin"
    assert item.force


def test_csv_and_jsonl_say_the_same(tmp_path):
    (tmp_path / "m.csv").write_text(
        "track_id,path,title,artist,album,genres,moods,year,comment\n"
        "t1,audio/one.mp3,One,Ann,First,Hip  Hop; jazz,Calm|dark,1999,ignored\n"
        ",https://example.org/two.mp3,,,,,,,\n"
    )
    records = [
        {
            "track_id": "t1", "path": "audio/one.mp3", "title": "One", "artist": "Ann",
            "album": "First", "genres": ["Hip  Hop", "jazz"], "moods": ["Calm", "dark"],
            "year": 1999,
        },
        {"uri": "https://example.org/two.mp3"},
    ]  # fmt: skip
    (tmp_path / "m.jsonl").write_text("\n\n".join(map(json.dumps, records)) + "\n")

    from_csv, from_jsonl = collect([tmp_path / "m.csv"]), collect([tmp_path / "m.jsonl"])

    assert from_csv == from_jsonl
    assert from_csv.problems == []
    first, second = from_csv.items
    assert all(item.replace_given for item in from_csv.items), "what a line leaves out goes"
    assert first.track_id == "t1"
    assert Path(path_of(first.uri)) == tmp_path / "audio/one.mp3"
    assert first.metadata == TrackMetadata(
        title="One",
        artist="Ann",
        album="First",
        genres=("hip hop", "jazz"),
        moods=("calm", "dark"),
        year=1999,
    )
    assert second.uri == "https://example.org/two.mp3"
    assert path_of(second.uri) is None


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "neither path nor uri"),
        ('{"uri": "ftp://host/a.mp3"}', "not file:///path, http(s)"),
        ('{"path": "a.mp3", "year": "soon"}', "not a whole number from 1000 to 9999"),
        ('{"path": "a.mp3", "year": 99999}', "not a whole number from 1000 to 9999"),
        ('{"path": "a.mp3", "bpm": "nan"}', "bpm 'nan' is not a number from 1 to 1000"),
        ('{"path": "a.mp3", "track_number": "1.5"}', "is not a whole number from 1 to 9999"),
        ('{"path": "a.mp3", "explicit": "perhaps"}', "'perhaps' is neither true nor false"),
        ('{"path": "a.mp3", "key": "H"}', "'H' is not a musical key"),
        ('{"path": "a.mp3", "artists": "x", "isrc": "y"}', "'y' is not an ISRC"),
        ('{"path": "a.mp3", "genres": [1]}', "genres is not a list of texts"),
        ('{"path": "a.mp3", "genres": 7}', "genres is not a list of texts"),
        ('{"path": "a.mp3", "title": ["x"]}', "title is not a text"),
        (json.dumps({"path": "a.mp3", "track_id": "x" * 257}), "257 bytes, over 256"),
        ('{"path": "a.mp3", "track_id": "good"}', "is named already in line 1"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_taken(tmp_path, record, complaint):
    good = [json.dumps({"path": f"{name}.mp3", "track_id": name}) for name in ("good", "last")]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("\n".join([good[0], record, good[1]]))

    sources = collect([manifest])

    assert [item.track_id for item in sources.items] == ["good", "last"]
    (problem,) = sources.problems
    assert problem.place == f"{manifest} line 2"
    assert problem.reason == "MANIFEST_LINE_INVALID"
    assert complaint in problem.message


def test_every_field_of_a_track_may_be_a_column(tmp_path):
    (tmp_path / "m.csv").write_text(
        "path,artist,artists,album_artist,isrc,track_number,disc_number,bpm,key,language,explicit,"
        "track_gain_db\na.mp3,Ann & Bob,Ann;Bob,Ann,us-rc1-76-07839,3,1,127.5,8A,ENG,no,-7.03\n"
    )
    record = {
        "path": "a.mp3", "artist": "Ann & Bob", "artists": ["Ann", "Bob"], "album_artist": "Ann",
        "isrc": "USRC17607839", "track_number": 3, "disc_number": 1, "bpm": 127.5, "key": "Am",
        "language": "eng", "explicit": False, "track_gain_db": -7.03,
    }  # fmt: skip
    (tmp_path / "m.jsonl").write_text(json.dumps(record))
    from_csv, from_jsonl = collect([tmp_path / "m.csv"]), collect([tmp_path / "m.jsonl"])
    assert from_csv == from_jsonl
    assert from_csv.items[0].metadata == TrackMetadata(
        artist="Ann & Bob",
        artists=("Ann", "Bob"),
        album_artist="Ann",
        isrc="USRC17607839",
        track_number=3,
        disc_number=1,
        bpm=127.5,
        key="Am",
        language="eng",
        explicit=False,
        track_gain_db=-7.03,
    )


def test_a_csv_without_a_place_column_is_refused(tmp_path):
    (tmp_path / "m.csv").write_text("title,artist\nOne,Ann\n")

    sources = collect([tmp_path / "m.csv"])

    assert sources.items == []
    assert "neither path nor uri" in sources.problems[0].message


def test_what_does_not_exist_is_reported(tmp_path):
    (tmp_path / "empty").mkdir()

    sources = collect([tmp_path / "nowhere.mp3", tmp_path / "empty"])

    assert [problem.reason for problem in sources.problems] == ["SOURCE_NOT_FOUND"] * 2
    assert all(problem.next_step for problem in sources.problems)


def test_excels_byte_order_mark_is_no_part_of_the_header(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"\xef\xbb\xbfpath\na.mp3\n")

    assert len(collect([tmp_path / "m.csv"]).items) == 1


@pytest.fixture
def album(tmp_path):
    """A folder of three songs, the second one in a folder below."""
    for name in ("one.flac", "disc/two.flac", "three.flac"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folders_manifest_names_its_tracks_and_the_rest_is_walked(album):
    lines = [
        {"path": "disc/two.flac", "track_id": "second", "title": "Two"},
        {"uri": (album / "one.flac").as_uri(), "track_id": "first"},
    ]
    (album / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))

    sources = collect([album], force=True)

    assert [item.track_id for item in sources.items] == ["second", "first", ""]
    assert sources.items[0].metadata.title == "Two"
    assert Path(path_of(sources.items[2].uri)) == album / "three.flac"
    assert all(item.force for item in sources.items)
    assert sources.problems == []
    (note,) = sources.notes
    assert f"{album / 'manifest.jsonl'} names 2 tracks" in note
    assert "does not name: 1" in note


def test_a_file_whose_line_is_bad_does_not_come_in_under_another_id(album):
    (album / "manifest.csv").write_text(
        "path,track_id,year\none.flac,first,soon\ndisc/two.flac,second,1999\n"
    )

    sources = collect([album])

    assert [Path(path_of(item.uri)).name for item in sources.items] == ["two.flac", "three.flac"]
    (problem,) = sources.problems
    assert problem.place == f"{album / 'manifest.csv'} line 2"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.csv", "name,size\none.flac,12\n"),
        ("manifest.jsonl", '{"audio_filepath": "one.flac"}\nnot JSON\n'),
    ],
)
def test_another_programs_manifest_is_left_alone(album, name, text):
    (album / name).write_text(text)

    sources = collect([album])

    assert len(sources.items) == 3
    assert sources.problems == []
    assert sources.notes == []


def test_a_file_that_is_named_twice_counts_once(album):
    sources = collect([album, album / "one.flac", album / "disc"])

    assert len(sources.items) == 3
    assert sources.problems == []


def test_what_a_manifest_names_by_a_link_is_not_taken_again(album, tmp_path_factory):
    disk = tmp_path_factory.mktemp("disk")
    (disk / "four.flac").touch()
    (album / "linked").symlink_to(disk)
    lines = [{"path": "linked/four.flac", "track_id": "four"}, {"path": "three.flac"}]
    (album / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))

    sources = collect([album])

    assert [Path(path_of(item.uri)).relative_to(album).as_posix() for item in sources.items] == [
        "linked/four.flac",
        "three.flac",
        "one.flac",
        "disc/two.flac",
    ]


def test_one_bad_line_of_a_hundred_costs_only_itself(tmp_path):
    lines = [json.dumps({"path": f"{n}.mp3", "track_id": f"t{n}"}) for n in range(1000)]
    for number in range(0, 1000, 100):
        lines[number] = lines[number][:-1]
    (tmp_path / "m.jsonl").write_text("\n".join(lines))

    sources = collect([tmp_path / "m.jsonl"])

    assert len(sources.items) == 990
    assert [problem.place.rpartition(" ")[2] for problem in sources.problems] == [
        str(number + 1) for number in range(0, 1000, 100)
    ]


def test_a_manifest_may_name_files_whose_names_are_no_utf_8(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"path,title\ncaf\xe9.mp3,One\n1.mp3,caf\xe9\n")

    sources = collect([tmp_path / "m.csv"])

    assert [item.uri for item in sources.items] == [f"{tmp_path.as_uri()}/caf%E9.mp3"]
    assert "control character U+DCE9" in sources.problems[0].message


SHEET = """TITLE "Album"
FILE "long.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    INDEX 01 00:02:37
"""


@pytest.fixture
def divided(tmp_path):
    """A folder with a file that a sheet divides, between two others."""
    for name in ("a.flac", "z.flac"):
        (tmp_path / name).touch()
    (tmp_path / "long.flac").write_bytes(clean_audio("flac"))
    (tmp_path / "long.cue").write_text(SHEET)
    return tmp_path


def places(sources, folder):
    return [place_of(item.uri).removeprefix(f"{folder}/") for item in sources.items]


def test_a_file_that_a_sheet_divides_is_several_tracks(divided):
    sources = collect([divided], force=True)

    assert places(sources, divided) == [
        "a.flac", "long.flac#t=0,2.493333", "long.flac#t=2.493333", "z.flac",
    ]  # fmt: skip
    assert [item.metadata.title for item in sources.items] == ["", "One", "Two", ""]
    assert all(item.force for item in sources.items)
    (division,) = sources.divided
    assert (division.sheet, len(division.tracks)) == (str(divided / "long.cue"), 2)
    assert (sources.problems, sources.unheeded_sheets, sources.left_out.counts) == ([], [], {})


def test_a_sheet_may_be_named_itself(divided):
    sources = collect([divided / "long.cue"])
    assert places(sources, divided) == ["long.flac#t=0,2.493333", "long.flac#t=2.493333"]
    assert len(collect([divided / "long.cue", divided]).items) == 4


def test_a_file_that_is_named_itself_stays_whole(divided):
    assert places(collect([divided / "long.flac"]), divided) == ["long.flac"]
    assert places(collect([divided / "long.flac", divided]), divided) == [
        "long.flac", "a.flac", "z.flac",
    ]  # fmt: skip


def test_a_manifest_goes_before_a_sheet(divided):
    (divided / "manifest.csv").write_text("path,track_id\nlong.flac,whole\n")
    sources = collect([divided])
    assert [item.track_id for item in sources.items] == ["whole", "", ""]
    assert sources.divided == []
    assert sources.left_out.paths() == [(Reason.SHEET_UNUSED, str(divided / "long.cue"))]


def test_a_sheet_that_goes_beyond_its_file_leaves_it_whole_and_says_why(divided):
    (divided / "long.cue").write_text(SHEET.replace("00:02:37", "01:02:37"))
    sources = collect([divided])
    assert places(sources, divided) == ["a.flac", "long.flac", "z.flac"]
    (unheeded,) = sources.unheeded_sheets
    assert unheeded.reason == "CUE_SHEET_BROKEN"
    assert "behind the end of its file (6.00 s)" in unheeded.message
    assert collect([divided / "long.cue"]).problems == [unheeded]


def test_a_named_sheet_without_its_file_is_told(divided):
    (divided / "long.flac").unlink()
    (problem,) = collect([divided / "long.cue"]).problems
    assert problem.reason == "CUE_SHEET_UNUSED"
    sources = collect([divided])
    assert sources.left_out.paths() == [(Reason.SHEET_UNUSED, str(divided / "long.cue"))]


def test_what_is_sent_by_its_bytes_stays_whole_and_says_so(divided):
    sources = collect([divided], whole=True)
    assert places(sources, divided) == ["a.flac", "long.flac", "z.flac"]
    (unheeded,) = sources.unheeded_sheets
    assert (unheeded.place, unheeded.reason) == (
        str(divided / "long.cue"),
        "CUE_SHEET_NOT_HEEDED",
    )


def test_a_folder_of_a_store_gives_its_audio_by_the_rules_of_folders(bucket):
    for key in ("x/b//two.MP3", "x/a.flac", "x/notes.txt", "x/.git/c.mp3", "x/._a.flac", "x/d.mid",
                "x/@eaDir/e.mp3", "x/", "y/z.mp3"):  # fmt: skip
        bucket.put(key, b"")
    name = f"s3://{bucket.name}"
    folder, single = ObjectName.of(f"{name}/x/"), ObjectName.of(f"{name}/y/z.mp3")

    sources = collect([folder, single, folder], force=True)

    assert [item.uri for item in sources.items] == [
        f"{name}/x/a.flac", f"{name}/x/b//two.MP3", f"{name}/y/z.mp3"
    ]  # fmt: skip
    assert all(item.force for item in sources.items)
    assert {(one.place, one.reason) for one in sources.problems} == {
        (f"{name}/x/d.mid", "FORMAT_NOT_TAKEN")
    }
    left_out = {path.removeprefix(name) for _, path in sources.left_out.paths()}
    assert left_out == {"/x/notes.txt", "/x/.git/c.mp3", "/x/._a.flac", "/x/@eaDir/e.mp3"}


def test_a_folder_of_a_store_that_gives_nothing_is_named(bucket, monkeypatch):
    empty = ObjectName(bucket.name, "nothing/")
    (problem,) = collect([empty]).problems
    assert (problem.place, problem.reason) == (str(empty), "SOURCE_NOT_FOUND")

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (problem,) = collect([empty]).problems
    assert problem.reason == "SOURCE_NOT_READABLE"
    assert "AWS_ACCESS_KEY_ID" in problem.next_step


def test_a_playlist_stands_for_what_it_names(tmp_path):
    for name in ("music/one.mp3", "music/two.mp3", "lists/mix.m3u8"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "lists/mix.m3u8").write_text(
        "#EXTINF:1,Ann - Two\n../music/two.mp3\nhttps://example.org/x.mp3\n../music/gone.mp3\n"
    )

    sources = collect([tmp_path / "lists/mix.m3u8", tmp_path / "music"], force=True)

    assert [item.uri.rpartition("/")[2] for item in sources.items] == [
        "two.mp3",
        "x.mp3",
        "one.mp3",
    ]
    assert all(item.metadata == TrackMetadata() and item.force for item in sources.items)
    assert [one.place for one in sources.problems] == [f"{tmp_path}/lists/mix.m3u8 line 4"]


@pytest.mark.parametrize(
    ("content", "reason"), [("#EXTM3U\n", "PLAYLIST_EMPTY"), ("a\0b", "PLAYLIST_BROKEN")]
)
def test_a_playlist_of_nothing_is_said(tmp_path, content, reason):
    (tmp_path / "mix.m3u").write_text(content)

    (problem,) = collect([tmp_path / "mix.m3u"]).problems

    assert (problem.place, problem.reason) == (str(tmp_path / "mix.m3u"), reason)


def test_playlists_in_a_folder_are_left_out_as_such(tmp_path):
    for name in ("one.mp3", "mix.m3u", "mix.M3U8", "mix.xspf", "notes.txt"):
        (tmp_path / name).write_text("one.mp3\n")

    sources = collect([tmp_path])

    assert len(sources.items) == 1
    assert sources.left_out.counts == {Reason.PLAYLIST: 3, Reason.NOT_AUDIO: 1}
