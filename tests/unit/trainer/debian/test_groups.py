"""What is kept together, and into which split it falls."""

from dataclasses import replace

from segue.trainer.data.track import TrainingTrack
from segue.trainer.debian.groups import artist_names, joined
from segue.trainer.debian.packages import Package, PackageList
from segue.trainer.debian.placing import Placed, place, place_sounds
from segue.trainer.debian.unpacking import LeftOut, Recording

LISTED = PackageList(tuple(Package(name) for name in ("a", "b", "c", "d")), "d", 7)


def recording(package: str, artist: str = "", name: str = "x.ogg") -> Recording:
    return Recording(package, "1", f"music/{name}", "0" * 64, "", artist, "", "CC0-1.0", 60.0)


def test_artists_are_told_apart():
    assert artist_names("Max Freeman & Chris  Leutwyler (Krobonil)") == {
        "max freeman",
        "chris leutwyler",
    }
    assert artist_names("Klaus Halfmann aka Hasi50", "Anderson, Brandt") == {
        "klaus halfmann",
        "hasi50",
        "anderson",
        "brandt",
    }
    assert artist_names("http://example.org/a,b") == {"http://example.org/a,b"}
    assert artist_names("", "Unknown Artist", "Various") == frozenset()


def test_packages_are_joined_by_their_artists_over_others_too():
    groups = joined({"d": {"x"}, "c": {"x", "y"}, "b": {"y"}, "a": {"z"}, "e": set(), "z": set()})
    assert groups == {"d": "b", "c": "b", "b": "b", "a": "a", "e": "e", "z": "z"}


def test_an_artist_in_two_packages_is_in_one_split_and_so_is_each_package():
    recordings = [
        recording("a", "Ada"),
        recording("a", "", "unnamed.ogg"),
        recording("b", "Berta & Ada"),
        recording("c", "Cleo"),
    ]
    placed, left_out = place(recordings, LISTED)
    assert not left_out
    assert [item.group for item in placed] == ["debian 7 a"] * 3 + ["debian 7 c"]
    assert placed[0].split == placed[1].split == placed[2].split is not None
    track = TrainingTrack("t", placed[0].recording.path, group=f"group\x1f{placed[0].group}")
    assert placed[0].split == track.split


def test_linked_artists_join_packages_without_being_anybody_s():
    linked = PackageList((Package("a", linked_artists=("Cleo",)), *LISTED.packages[1:]), "d", 7)
    placed, _ = place([recording("a"), recording("c", "cleo")], linked)
    assert [item.group for item in placed] == ["debian 7 a"] * 2
    assert placed[0].recording.artist == ""


def test_a_copy_in_another_package_joins_the_two():
    copy = LeftOut("b", "music/y.ogg", "NEAR_COPY", "60 s of c/music/x.ogg", "c")
    sound = LeftOut("a", "sounds/y.ogg", "SOUND", "")
    placed, _ = place([recording("a"), recording("b"), recording("c")], LISTED, [copy, sound])
    assert [item.group for item in placed] == ["debian 7 a", "debian 7 b", "debian 7 b"]


def test_the_development_set_is_one_package_and_nothing_else_has_its_artists():
    placed, left_out = place(
        [recording("a", "Ada"), recording("b", "Dora"), recording("d", "Dora")], LISTED
    )
    assert [(item.recording.package, item.split is None) for item in placed] == [
        ("a", False),
        ("d", True),
    ]
    assert [(item.package, item.reason) for item in left_out] == [("b", "DEVELOPMENT_ARTIST")]


def test_what_is_no_music_stays_with_the_music_of_its_package():
    kept = [Placed(recording(name), f"group of {name}", split) for name, split in
            (("a", "train"), ("b", "validation"), ("c", "test"), ("d", None))]  # fmt: skip
    sounds = [recording(name, name="rain.ogg") for name in "abcd"]
    assert place_sounds(sounds, kept, LISTED) == [
        Placed(sounds[0], "group of a", "train"),
        Placed(sounds[1], "group of b", "validation"),
    ]


def test_what_is_no_music_of_a_package_without_music_is_a_group_of_its_own():
    names = [f"p{number}" for number in range(200)]
    sounds = [recording(name) for name in names]
    taken = place_sounds(sounds, [], LISTED)
    assert {item.split for item in taken} == {"train", "validation"}
    assert {item.group for item in taken} < {f"debian 7 {name}" for name in names}


def test_what_is_no_music_is_held_out_with_copies_and_artists_of_its_package():
    kept = [Placed(recording("c"), "group of c", "test"), Placed(recording("a"), "x", "train")]
    copied = LeftOut("b", "music/y.ogg", "NEAR_COPY", "60 s of c/music/x.ogg", "c")
    sounds = [recording("a"), recording("b")]
    assert place_sounds(sounds, kept, LISTED, [copied]) == [Placed(sounds[0], "x", "train")]
    shared = LeftOut("b", "music/y.ogg", "DEVELOPMENT_ARTIST", "an artist of b is also in d")
    also = LeftOut("b", "music/y.ogg", "NEAR_COPY", "60 s of a/music/x.ogg", "a")
    assert place_sounds(sounds, kept, LISTED, [also, shared]) == [Placed(sounds[0], "x", "train")]
    assert len(place_sounds(sounds, kept, LISTED, [also])) == 2


def test_splits_are_eight_one_one_in_ten_over_many_groups():
    names = [f"p{number}" for number in range(2_000)]
    many = replace(LISTED, packages=tuple(Package(name) for name in [*names, "d"]))
    placed, _ = place([recording(name) for name in names], many)
    splits = [item.split for item in placed]
    shares = [splits.count(split) / 2_000 for split in ("train", "validation", "test")]
    assert all(
        abs(share - wanted) < 0.03 for share, wanted in zip(shares, (0.8, 0.1, 0.1), strict=True)
    )
