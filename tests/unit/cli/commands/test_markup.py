"""Tables show strangers' texts as they stand: brackets are no markup."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from segue.cli.commands.duplicates import _print_groups
from segue.cli.commands.track import print_track
from segue.cli.commands.tracks import _print_tracks
from segue.cli.search_table import print_answer, print_passages
from segue.output import PlainConsole
from segue.v1 import catalog_service_pb2, similarity_service_pb2, track_pb2

TEXTS = ("[/rock]", "[unknown]", "[bold red]", "[link=x]y[/link]", ":smile:")


def shown_in_search(track: track_pb2.Track, console: PlainConsole) -> None:
    result = similarity_service_pb2.SimilarTrack(track=track, score=0.5)
    answer = similarity_service_pb2.SearchSimilarTracksResponse(
        results=[result], unknown_labels=list(TEXTS)
    )
    print_answer(answer, console)


def shown_in_passages(track: track_pb2.Track, console: PlainConsole) -> None:
    passage = similarity_service_pb2.MatchedPassage(end_seconds=9.0, similarity=0.5)
    result = similarity_service_pb2.TrackPassages(track=track, passages=[passage, passage])
    answer = similarity_service_pb2.SearchSegmentsResponse(
        results=[result], unknown_labels=list(TEXTS)
    )
    print_passages(answer, console)


def shown_in_list(track: track_pb2.Track, console: PlainConsole) -> None:
    _print_tracks(catalog_service_pb2.ListTracksResponse(tracks=[track]), console)


def shown_in_groups(track: track_pb2.Track, console: PlainConsole) -> None:
    _print_groups([catalog_service_pb2.DuplicateGroup(tracks=[track, track])], console)


def shown_alone(track: track_pb2.Track, console: PlainConsole) -> None:
    print_track(track, "s-v1", console)


@pytest.mark.parametrize(
    "show", [shown_in_search, shown_in_passages, shown_in_list, shown_alone, shown_in_groups]
)
@pytest.mark.parametrize("text", TEXTS)
def test_brackets_are_shown(
    show: Callable[[track_pb2.Track, PlainConsole], None], text: str
) -> None:
    metadata = track_pb2.TrackMetadata(
        title=text, artist=text, artists=[text, "Ann"], album=text, album_artist=text,
        genres=[text], moods=[text], language=text,
    )  # fmt: skip
    predicted = [track_pb2.LabelProbability(label=text, probability=0.5)]
    track = track_pb2.Track(
        track_id=text, metadata=metadata, source_uri=f"file:///{text}", predicted_genres=predicted
    )
    written = io.StringIO()
    show(track, PlainConsole(file=written, width=300, force_terminal=False))
    assert written.getvalue().count(text) >= 5


@pytest.mark.parametrize(
    "show", [shown_in_search, shown_in_passages, shown_in_list, shown_alone, shown_in_groups]
)
def test_no_id_is_broken_over_lines(
    show: Callable[[track_pb2.Track, PlainConsole], None],
) -> None:
    for track_id in ("sha256-" + 32 * "e", 128 * "é"):
        metadata = track_pb2.TrackMetadata(
            title="A title of many words", artist="Ann", genres=["progressive jazz"], moods=["calm"]
        )
        track = track_pb2.Track(track_id=track_id, metadata=metadata)
        written = io.StringIO()
        show(track, PlainConsole(file=written, width=44, force_terminal=False))
        assert track_id in written.getvalue()


def test_a_track_is_shown_with_all_that_is_known() -> None:
    metadata = track_pb2.TrackMetadata(
        title="T", artist="Ann feat. Bob", artists=["Ann", "Bob"], album_artist="Ann", year=1995,
        track_number=3, disc_number=2, bpm=127.5, key="Am", language="eng", explicit=False,
        track_gain_db=-7.03, isrc="USRC17607839", musicbrainz_recording_id="id-1",
        musicbrainz_release_id="id-2", musicbrainz_artist_ids=["id-3", "id-4"],
    )  # fmt: skip
    written = io.StringIO()
    console = PlainConsole(file=written, width=300)
    print_track(track_pb2.Track(track_id="t", metadata=metadata), "s-v1", console)
    rows = [line.split("│") for line in written.getvalue().splitlines() if "│" in line]
    assert [(name.strip(), value.strip()) for _, name, value, _, _ in rows] == [
        ("title", "T"), ("artist", "Ann feat. Bob"), ("artists", "Ann"), ("", "Bob"),
        ("album artist", "Ann"), ("year", "1995"), ("disc", "2"), ("track", "3"),
        ("bpm", "127.5"), ("key", "Am"), ("language", "eng"), ("explicit", "no"),
        ("track gain", "-7.03 dB"), ("ISRC", "USRC17607839"), ("MusicBrainz recording", "id-1"),
        ("MusicBrainz release", "id-2"), ("MusicBrainz artists", "id-3"), ("", "id-4"),
        ("length", "0:00"), ("embedding space", "s-v1"),
    ]  # fmt: skip
