"""What becomes of files and tracks: contents are given by letters, and read only when asked for."""

import pytest

from segue.ingest_jobs import derived_track_id
from segue.library.places import uri_of
from segue.library.plan import (
    Seen,
    Stored,
    ToIngest,
    ToMove,
    ids_of_interest,
    make_plan,
    stored,
    too_many_gone,
)
from segue.library.walk import AudioFile
from segue.media_fragments import Part
from segue.tracks import Provenance, TrackSource


def own_id(path):
    return derived_track_id("uri", uri_of(path))


class Disk:
    """Files by path with a letter each for content; ``given`` ids come from a manifest."""

    def __init__(self, contents, *, given=None, said_anew=(), unreadable=(), unseen=()):
        self.contents = contents
        self.given = given or {}
        self.said_anew = said_anew
        self.unreadable = unreadable
        self.unseen = unseen
        self.read = []
        self.sizes = {}

    def plan(self, tracks, others=()):
        files = {
            path: Seen(
                AudioFile(path, ord(content), 1, number),
                self.given.get(path, ""),
                path in self.said_anew,
            )
            for number, (path, content) in enumerate(self.contents.items())
        }
        return make_plan(
            files,
            tracks,
            {track.track_id: track for track in others},
            content_of=self._content,
            size_of=lambda track: self.sizes.get(track.path),
            is_gone=lambda path: path not in self.unseen,
        )

    def _content(self, file, track):
        self.read.append((file.path, track is not None))
        return None if file.path in self.unreadable else self.contents[file.path]


def part(path, start, end=None):
    return f"{path}{Part(start, end).fragment}"


ONE, TWO, THREE = part("/m/a", 0.0, 30.0), part("/m/a", 30.0, 60.0), part("/m/a", 60.0)


def test_parts_of_a_file_are_tracks_of_their_own():
    disk = Disk({ONE: "A", TWO: "B", THREE: "C"})
    plan = disk.plan([Stored("1", ONE, "A"), Stored("2", TWO, "X")])
    assert plan.unchanged == 1
    assert plan.changed == [ToIngest("2", TWO)]
    uri = "file:///m/a#t=60"
    assert plan.new == [ToIngest(derived_track_id("uri", uri), THREE)]
    assert ids_of_interest({THREE: Seen(AudioFile(THREE, 1, 1, 1))}) == {plan.new[0].track_id}


def test_parts_move_with_their_file():
    moved = [one.replace("/m/a", "/n/b") for one in (ONE, TWO)]
    plan = Disk(dict(zip(moved, "AB", strict=True))).plan(
        [Stored("1", ONE, "A"), Stored("2", TWO, "B")]
    )
    assert plan.moved == [ToMove("1", ONE, moved[0]), ToMove("2", TWO, moved[1])]
    assert [plan.new, plan.gone, plan.replaced] == [[], [], []]


def test_a_part_follows_the_bounds_that_were_corrected():
    new = [part("/m/a", 0.0, 28.0), part("/m/a", 28.0, 60.0), THREE]
    plan = Disk(dict(zip(new, "XYC", strict=True))).plan(
        [Stored("1", ONE, "A"), Stored("2", TWO, "B"), Stored("3", THREE, "C")]
    )
    assert plan.unchanged == 1
    assert plan.changed == [ToIngest("1", new[0]), ToIngest("2", new[1])]
    assert [plan.new, plan.gone, plan.replaced] == [[], [], []]


def test_what_a_sheet_divides_now_replaces_the_whole_and_back():
    whole = Stored(own_id("/m/a"), "/m/a", "A")
    plan = Disk({ONE: "B", TWO: "C"}).plan([whole])
    assert (plan.replaced, plan.gone) == ([whole], [])
    assert [one.path for one in plan.new] == [ONE, TWO]

    parts = [Stored("1", ONE, "B"), Stored("2", TWO, "C")]
    plan = Disk({"/m/a": "A"}).plan(parts)
    assert (plan.replaced, plan.gone) == (parts, [])
    assert plan.new == [ToIngest(own_id("/m/a"), "/m/a")]


def test_parts_of_a_file_that_is_gone_are_gone():
    tracks = [Stored("1", ONE, "A"), Stored("2", TWO, "B")]
    plan = Disk({"/m/b": "C"}).plan(tracks)
    assert (plan.gone, plan.replaced) == (tracks, [])
    unseen = Disk({"/m/b": "C"}, unseen=[ONE, TWO]).plan(tracks)
    assert (unseen.undecided, unseen.gone) == (tracks, [])


def test_what_is_in_place_stays():
    plan = Disk({"/m/a": "A", "/m/b": "B"}).plan(
        [Stored("1", "/m/a", "A"), Stored("2", "/m/b", "B")]
    )
    assert plan.unchanged == 2
    assert [plan.new, plan.changed, plan.moved, plan.gone] == [[], [], [], []]


def test_new_files_get_the_id_of_their_place_and_are_not_read():
    disk = Disk({"/m/a": "A"})
    plan = disk.plan([])
    assert plan.new == [ToIngest(own_id("/m/a"), "/m/a")]
    assert disk.read == []


def test_other_content_at_the_same_place_is_a_change():
    plan = Disk({"/m/a": "B"}).plan([Stored("1", "/m/a", "A")])
    assert plan.changed == [ToIngest("1", "/m/a")]


def test_the_same_content_elsewhere_has_moved():
    plan = Disk({"/m/b": "A"}).plan([Stored("1", "/m/a", "A")])
    assert plan.moved == [ToMove("1", "/m/a", "/m/b")]
    assert [plan.new, plan.gone] == [[], []]


def test_two_files_that_change_places_both_move():
    plan = Disk({"/m/a": "B", "/m/b": "A"}).plan(
        [Stored("1", "/m/a", "A"), Stored("2", "/m/b", "B")]
    )
    assert sorted(plan.moved, key=lambda move: move.track_id) == [
        ToMove("1", "/m/a", "/m/b"),
        ToMove("2", "/m/b", "/m/a"),
    ]
    assert [plan.changed, plan.gone, plan.new] == [[], [], []]


def test_of_equal_contents_each_goes_where_its_name_is():
    plan = Disk({"/m/x/b": "A", "/m/x/a": "A"}).plan(
        [Stored("1", "/m/a", "A"), Stored("2", "/m/b", "A")]
    )
    assert {move.track_id: move.path for move in plan.moved} == {"1": "/m/x/a", "2": "/m/x/b"}


def test_a_file_laid_over_another_replaces_its_track():
    plan = Disk({"/m/a": "B"}).plan([Stored("1", "/m/a", "A"), Stored("2", "/m/b", "B")])
    assert plan.moved == [ToMove("2", "/m/b", "/m/a")]
    assert plan.gone == [Stored("1", "/m/a", "A")]
    assert not plan.changed


def test_a_copy_is_new_and_its_original_stays():
    plan = Disk({"/m/a": "A", "/m/copy": "A"}).plan([Stored("1", "/m/a", "A")])
    assert plan.unchanged == 1
    assert plan.new == [ToIngest(own_id("/m/copy"), "/m/copy")]


def test_what_is_nowhere_is_gone_and_what_cannot_be_seen_is_not():
    disk = Disk({"/m/c": "C"}, unseen=["/m/b"])
    plan = disk.plan([Stored("1", "/m/a", "A"), Stored("2", "/m/b", "B"), Stored("3", "/m/c", "C")])
    assert plan.gone == [Stored("1", "/m/a", "A")]
    assert plan.undecided == [Stored("2", "/m/b", "B")]


def test_a_file_that_cannot_be_read_keeps_its_track():
    plan = Disk({"/m/a": "A"}, unreadable=["/m/a"]).plan([Stored("1", "/m/a", "A")])
    assert plan.undecided == [Stored("1", "/m/a", "A")]
    assert [plan.new, plan.changed, plan.gone] == [[], [], []]


def test_vectors_without_a_content_are_left_alone():
    plan = Disk({"/m/a": "A"}).plan([Stored("1", "/m/a", ""), Stored("2", "/m/b", "")])
    assert plan.unchanged == 1
    assert plan.undecided == [Stored("2", "/m/b", "")]
    assert [plan.gone, plan.changed] == [[], []]


def test_two_ids_for_one_path_both_stay_and_are_told():
    tracks = [Stored("1", "/m/a", "A"), Stored("2", "/m/a", "A")]
    plan = Disk({"/m/a": "A"}).plan(tracks)
    assert plan.unchanged == 2
    assert plan.several_ids == [("/m/a", ["1", "2"])]


def test_a_manifest_moves_its_id_wherever_its_track_came_from():
    disk = Disk({"/m/new": "A"}, given={"/m/new": "mine"})
    assert disk.plan([Stored("mine", "/m/old", "A")]).moved == [ToMove("mine", "/m/old", "/m/new")]
    assert disk.plan([], [Stored("mine", "/far/old", "A")]).moved == [
        ToMove("mine", "/far/old", "/m/new")
    ]
    assert disk.plan([Stored("mine", "/m/old", "B")]).changed == [ToIngest("mine", "/m/new")]


def test_two_paths_for_one_id_the_manifest_decides():
    disk = Disk({"/m/a": "A", "/m/b": "B"}, given={"/m/b": "mine"})
    plan = disk.plan([Stored("mine", "/m/a", "A")])
    assert plan.changed == [ToIngest("mine", "/m/b")]
    assert plan.new == [ToIngest(own_id("/m/a"), "/m/a")]
    assert not plan.gone


def test_what_nobody_vouches_for_is_sent_though_the_content_stands():
    plan = Disk({"/m/a": "A"}).plan([Stored("1", "/m/a", "A", vouched=False)])
    assert plan.said_anew == [ToIngest("1", "/m/a")]
    assert plan.unchanged == 0


@pytest.mark.parametrize(
    ("provenance", "by_owner", "by_others"),
    [
        (Provenance.OWNER, True, True),
        (Provenance.INGESTED, False, True),
        (Provenance.GIVEN, False, False),
        (None, False, False),
    ],
)
def test_the_owner_does_not_trust_what_guests_had_ingested(provenance, by_owner, by_others):
    source = TrackSource("1", "file:///m/a", "A", provenance)
    assert stored(source, "/m/a", of_owner=True) == Stored("1", "/m/a", "A", by_owner)
    assert stored(source, "/m/a") == Stored("1", "/m/a", "A", by_others)


def test_what_a_manifest_says_anew_is_sent_though_the_content_stands():
    disk = Disk({"/m/a": "A"}, given={"/m/a": "1"}, said_anew=["/m/a"])
    plan = disk.plan([Stored("1", "/m/a", "A")])
    assert plan.said_anew == [ToIngest("1", "/m/a")]
    assert plan.unchanged == 0


def test_a_new_file_does_not_take_the_id_of_a_track_that_moved_away():
    moved = Stored(own_id("/m/a"), "/m/b", "B")
    plan = Disk({"/m/a": "A", "/m/b": "B"}).plan([moved])
    ((work,)) = plan.new
    assert work.path == "/m/a"
    assert work.track_id != moved.track_id
    assert Disk({"/m/a": "A", "/m/b": "B"}).plan([moved]).new == [work]


def test_only_files_that_may_be_the_missing_one_are_read():
    disk = Disk({"/m/b": "B", "/m/c": "C", "/m/d": "A"})
    disk.sizes = {"/m/a": ord("A")}
    plan = disk.plan([Stored("1", "/m/a", "A")])
    assert plan.moved == [ToMove("1", "/m/a", "/m/d")]
    assert disk.read == [("/m/d", False)]


def test_ids_that_matter():
    files = {
        "/m/a": Seen(AudioFile("/m/a", 1, 1, 1)),
        "/m/b": Seen(AudioFile("/m/b", 1, 1, 2), "mine"),
    }
    assert ids_of_interest(files) == {own_id("/m/a"), "mine"}


@pytest.mark.parametrize(
    ("gone", "share", "many"), [(1, 0.1, False), (2, 0.1, True), (2, 1, False)]
)
def test_more_than_a_share_is_too_many(gone, share, many):
    tracks = [Stored(str(number), f"/m/{number}", "A") for number in range(10)]
    found = too_many_gone(tracks[:gone], tracks, most_share=share)
    assert found == ((gone, 10) if many else None)
