"""GTZAN: genres as folders; repetitions and artists stay on one side."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from segue.errors import InvalidRequest
from segue.trainer.data import TrainingTrack, read_tracks
from segue.trainer.data.gtzan_index import ARTISTS, TITLES, excerpts
from tones import write_tone

PRESENT = [
    "blues.00000", "blues.00011", "blues.00024", "blues.00028", "hiphop.00039", "jazz.00047",
    "jazz.00091", "jazz.00097", "metal.00058", "reggae.00000", "rock.00016", "rock.00090",
]  # fmt: skip


def plant(root: Path, suffix: str) -> Path:
    for track_id in PRESENT:
        write_tone(root / track_id.split(".")[0] / f"{track_id}.{suffix}")
    return root


def by_id(tracks: list[TrainingTrack]) -> dict[str, TrainingTrack]:
    return {track.track_id: track for track in tracks}


@pytest.mark.parametrize(
    ("place", "suffix"),
    [("genres", "au"), ("genres_original", "wav"), ("Data/genres_original", "wav"), (".", "au")],
)
def test_every_published_tree_is_recognised(tmp_path: Path, place: str, suffix: str) -> None:
    root = plant(tmp_path / place, suffix)
    (root / "blues" / "notes.txt").write_text("no excerpt")
    write_tone(root / "blues" / "jazz.00001.wav")
    tracks = by_id(read_tracks(tmp_path))
    assert list(tracks) == PRESENT
    assert tracks["blues.00024"].path == root / "blues" / f"blues.00024.{suffix}"
    assert tracks["blues.00024"].genres == ("blues",)
    assert tracks["hiphop.00039"].genres == ("hip-hop",)
    assert tracks["blues.00024"].artist == "robert johnson"
    assert tracks["jazz.00047"].artist == ""


def test_repetitions_share_a_group_whatever_is_grouped(tmp_path: Path) -> None:
    plant(tmp_path / "genres", "au")
    tracks = by_id(read_tracks(tmp_path, group_by="track"))
    assert tracks["blues.00024"].group == tracks["blues.00028"].group
    assert tracks["metal.00058"].group == tracks["rock.00016"].group, "one song, two labels"
    assert tracks["jazz.00091"].group == tracks["jazz.00097"].group, "two artists, one title"
    assert tracks["blues.00000"].group != tracks["blues.00011"].group


def test_artists_share_a_group(tmp_path: Path) -> None:
    plant(tmp_path / "genres", "au")
    tracks = by_id(read_tracks(tmp_path))
    assert tracks["blues.00000"].group == tracks["blues.00011"].group
    assert tracks["blues.00000"].group != tracks["blues.00024"].group
    assert tracks["hiphop.00039"].group == tracks["reggae.00000"].group, "joined by their duet"
    assert len({tracks[name].group for name in ("jazz.00047", "rock.00090")}) == 2


def test_groups_do_not_hang_on_which_files_are_there(tmp_path: Path) -> None:
    root = plant(tmp_path / "genres", "au")
    before = {track.track_id: track.group for track in read_tracks(tmp_path)}
    for name in ("blues.00000", "metal.00058", "reggae.00000"):
        (root / name.split(".")[0] / f"{name}.au").unlink()
        del before[name]
    assert {track.track_id: track.group for track in read_tracks(tmp_path)} == before


@pytest.mark.parametrize("place", [".", "genres"])
def test_more_duplicates_can_be_listed(tmp_path: Path, place: str) -> None:
    plant(tmp_path / "genres", "au")
    table = tmp_path / place / "duplicates.csv"
    table.write_text("jazz.00047, rock.00090\n\nrock.00090,blues.00000\n")
    tracks = by_id(read_tracks(tmp_path))
    joined = {tracks[name].group for name in ("jazz.00047", "rock.00090", "blues.00011")}
    assert len(joined) == 1
    table.write_text("jazz.00047\njazz.47,jazz.48\n")
    with pytest.raises(InvalidRequest, match=r"line 2: 'jazz\.47'"):
        read_tracks(tmp_path)


def test_places_are_read_as_ids() -> None:
    assert excerpts("metal 9-11 58 rock 16") == [
        "metal.00009", "metal.00010", "metal.00011", "metal.00058", "rock.00016",
    ]  # fmt: skip


def test_the_index_names_excerpts_that_exist() -> None:
    for places in (*ARTISTS.values(), *TITLES):
        found = excerpts(places)
        assert len(found) == len(set(found)) > 1
        assert all(re.fullmatch(r"[a-z]+\.000\d\d", track_id) for track_id in found)
        assert found == sorted(found)
    titles = Counter(track_id for places in TITLES for track_id in excerpts(places))
    assert max(titles.values()) == 1
    artists = Counter(track_id for places in ARTISTS.values() for track_id in excerpts(places))
    duets = {track_id for track_id, times in artists.items() if times > 1}
    assert duets == {"pop.00012", "reggae.00087"}


def test_the_index_agrees_with_the_counts_of_the_paper() -> None:
    # Sturm 2012: 24 excerpts of pop are Britney Spears, 35 of reggae are Bob Marley (and a duet).
    assert len(excerpts(ARTISTS["Britney Spears"])) == 24
    assert len(excerpts(ARTISTS["Bob Marley"])) == 35 + 1


def test_excerpts_of_a_title_are_by_one_artist_but_for_covers_and_unknown_artists() -> None:
    artist_of = {
        track_id: artist for artist, places in ARTISTS.items() for track_id in excerpts(places)
    }
    mixed = {
        places for places in TITLES if len({artist_of.get(one) for one in excerpts(places)}) > 1
    }
    assert mixed == {"jazz 91-92 97"}
    unknown = {places for places in TITLES if excerpts(places)[0] not in artist_of}
    assert unknown == {"country 46-47", "pop 10 14"}
