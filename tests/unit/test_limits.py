"""One table of limits, whatever way a track comes in: gRPC, a Celery task or a manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segue.callers import Caller
from segue.cli.sources import collect
from segue.errors import InvalidArgument, InvalidRequest
from segue.ingest.task_arguments import read_task_arguments
from segue.limits import (
    LIST_ENTRIES,
    METADATA_FLAGS,
    METADATA_LISTS,
    METADATA_NUMBERS,
    METADATA_TEXTS,
    TEXT_BYTES,
    checked_text,
    cleaned_metadata,
)
from segue.tracks import METADATA_FIELDS, TrackMetadata
from segue.v1 import catalog_service_pb2, track_pb2
from segue.wire.jobs import item_from_message

PROTOS = Path(__file__).parents[2] / "protos" / "segue" / "v1"
URI = "https://example.org/a.mp3"


def by_grpc(fields: dict[str, Any], _: Path) -> None:
    metadata = {name: value for name, value in fields.items() if name not in ("uri", "track_id")}
    message = catalog_service_pb2.IngestItem(
        uri=fields.get("uri", URI),
        track_id=fields.get("track_id", ""),
        metadata=track_pb2.TrackMetadata(**metadata),
    )
    item_from_message(message, "items[0]", Caller.GUEST)


def by_task(fields: dict[str, Any], _: Path) -> None:
    metadata = {name: value for name, value in fields.items() if name not in ("uri", "track_id")}
    read_task_arguments(
        (),
        {
            "uri": fields.get("uri", URI),
            "track_id": fields.get("track_id"),
            "metadata": metadata,
        },
    )


def by_manifest(fields: dict[str, Any], folder: Path) -> None:
    manifest = folder / "m.jsonl"
    manifest.write_text(json.dumps({"uri": URI, **fields}))
    sources = collect([manifest])
    for problem in sources.problems:
        raise InvalidRequest(problem.message)
    assert len(sources.items) == 1


def of_size(kind: str, size: int) -> str:
    start = "file:///" if kind == "uri" else ""
    wide, rest = divmod(size - len(start), 2)
    return start + "ü" * wide + "x" * rest


@pytest.mark.parametrize("way", [by_grpc, by_task, by_manifest])
@pytest.mark.parametrize("kind", ["track_id", "title", "artist", "album", "uri"])
def test_the_longest_text_is_the_same_on_every_way_in(
    way: Callable[[dict[str, Any], Path], None], kind: str, tmp_path: Path
) -> None:
    largest = TEXT_BYTES[kind]
    way({kind: of_size(kind, largest)}, tmp_path)
    with pytest.raises(InvalidRequest, match=f"{kind}: has {largest + 1} bytes, over {largest}"):
        way({kind: of_size(kind, largest + 1)}, tmp_path)


@pytest.mark.parametrize("way", [by_grpc, by_task, by_manifest])
@pytest.mark.parametrize("name", ["genres", "moods"])
def test_labels_are_as_long_and_as_many_on_every_way_in(
    way: Callable[[dict[str, Any], Path], None], name: str, tmp_path: Path
) -> None:
    largest, most = TEXT_BYTES["label"], LIST_ENTRIES["labels"]
    way({name: [of_size("label", largest)] * most}, tmp_path)
    with pytest.raises(InvalidRequest, match=rf"{name}\[1\]: has {largest + 1} bytes"):
        way({name: ["a", of_size("label", largest + 1)]}, tmp_path)
    with pytest.raises(InvalidRequest, match=f"{name}: holds {most + 1} entries, over {most}"):
        way({name: ["a"] * (most + 1)}, tmp_path)


@pytest.mark.parametrize("way", [by_grpc, by_task, by_manifest])
@pytest.mark.parametrize("kind", ["track_id", "title", "artist", "album", "genres", "moods", "uri"])
@pytest.mark.parametrize("sign", list("\x00\n\x1b\x7f\x9b\u202e\u2066\u2028"))
def test_control_characters_are_refused_on_every_way_in(
    way: Callable[[dict[str, Any], Path], None], kind: str, sign: str, tmp_path: Path
) -> None:
    text = f"{URI if kind == 'uri' else 'a'}{sign}b"
    given = [text] if kind in ("genres", "moods") else text
    with pytest.raises(InvalidRequest, match=f"control character U\\+{ord(sign):04X} at place"):
        way({kind: given}, tmp_path)


@pytest.mark.parametrize("way", [by_grpc, by_task, by_manifest])
def test_every_field_has_a_limit_on_every_way_in(
    way: Callable[[dict[str, Any], Path], None], tmp_path: Path
) -> None:
    bounded = {*METADATA_TEXTS, *METADATA_LISTS, *METADATA_NUMBERS, *METADATA_FLAGS}
    assert bounded == set(METADATA_FIELDS)
    assert bounded == set(track_pb2.TrackMetadata.DESCRIPTOR.fields_by_name)
    for name, limit in METADATA_NUMBERS.items():
        for number in (limit.least, limit.most):
            way({name: int(number)}, tmp_path)
        for number in (limit.least - 1, limit.most + 1):
            with pytest.raises(InvalidRequest, match=name):
                way({name: int(number)}, tmp_path)
    for name, kind in METADATA_TEXTS.items():
        with pytest.raises(InvalidRequest, match=f"{name}: has "):
            way({name: "1" * (TEXT_BYTES[kind] + 1)}, tmp_path)
    way({"explicit": False, "bpm": 127.5, "key": "8A", "isrc": "US-RC1-76-07839"}, tmp_path)


@pytest.mark.parametrize("way", [by_task, by_manifest])
def test_half_of_a_surrogate_pair_is_refused_where_json_can_carry_it(
    way: Callable[[dict[str, Any], Path], None], tmp_path: Path
) -> None:
    for kind in ("title", "track_id"):
        with pytest.raises(InvalidRequest, match=r"control character U\+D800"):
            way({kind: "a\ud800"}, tmp_path)


def test_writing_of_any_language_is_no_control_character() -> None:
    for text in ("Motörhead", "مرحبا", "日本", "👩‍🎤", "שָׁלוֹם", "a\u00a0b"):
        assert checked_text(text, "title", "title") == text
    with pytest.raises(InvalidArgument):
        checked_text("\u202d", "title", "title")


def test_what_a_file_says_is_cleaned_and_cut_to_the_same_table() -> None:
    dirty = TrackMetadata(
        "\x1b[31mTitle\r\n\u202e",
        "ü" * 4_000,
        "\ud800",
        ("Rock\x00", "x" * 257, "rock"),
        tuple(f"m{number}" for number in range(2_000)),
        99,
    )
    clean = cleaned_metadata(dirty)
    assert (clean.title, clean.album, clean.genres, clean.year) == (
        "[31mTitle",
        "",
        ("rock",),
        None,
    )
    assert len(clean.artist.encode()) == TEXT_BYTES["artist"]
    assert len(clean.moods) == LIST_ENTRIES["labels"]


@pytest.mark.parametrize(
    ("message", "field", "kind"),
    [
        ("TrackMetadata", "title", "title"),
        ("TrackMetadata", "artist", "artist"),
        ("TrackMetadata", "album", "album"),
        ("TrackMetadata", "genres", "label"),
        ("TrackMetadata", "genres", "labels"),
        ("TrackMetadata", "moods", "label"),
        ("TrackMetadata", "artists", "artists"),
        ("TrackMetadata", "artists", "artist"),
        ("TrackMetadata", "album_artist", "artist"),
        ("TrackMetadata", "isrc", "isrc"),
        ("TrackMetadata", "musicbrainz_recording_id", "musicbrainz_id"),
        ("TrackMetadata", "musicbrainz_artist_ids", "artists"),
        ("TrackMetadata", "key", "key"),
        ("TrackMetadata", "language", "language"),
        ("Track", "track_id", "track_id"),
        ("Track", "source_uri", "uri"),
        ("Track", "damage", "damage"),
        ("Track", "file_name", "file_name"),
        ("Track", "predicted_genres", "predicted_labels"),
        ("LabelMatch", "any_of", "labels"),
        ("LabelMatch", "any_of", "label"),
        ("TrackFilter", "exclude_track_ids", "exclude_track_ids"),
        ("IngestItem", "track_id", "track_id"),
        ("IngestItem", "uri", "uri"),
        ("UploadHeader", "file_name", "file_name"),
        ("UploadHeader", "job_id", "job_id"),
        ("TrackVectors", "segments", "segments"),
        ("UpsertTracksRequest", "embedding_space", "embedding_space"),
        ("ListDeadLettersRequest", "reason", "reason"),
        ("ReplayDeadLettersRequest", "dead_letter_ids", "dead_letter_ids"),
        ("DismissDeadLettersRequest", "dead_letter_ids", "dead_letter_ids"),
        ("EmbeddingSeed", "space", "embedding_space"),
        ("HybridMix", "user_id", "user_id"),
    ],
)
def test_the_protos_name_the_limit(message: str, field: str, kind: str) -> None:
    number = TEXT_BYTES[kind] if kind in TEXT_BYTES else LIST_ENTRIES[kind]
    said = f"{number:,}".replace(",", " ")
    text = "\n".join(path.read_text() for path in sorted(PROTOS.glob("*.proto")))
    body = re.search(rf"^message {message} {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    assert body is not None
    comment = re.search(rf"((?:^ +//.*\n)+) +[\w. ]*\b{field} = ", body[1], re.MULTILINE)
    assert comment is not None, f"{message}.{field} has no comment"
    assert re.search(rf"\b{said}\b", " ".join(comment[1].replace("//", "").split())), comment[1]
