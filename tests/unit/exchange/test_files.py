"""Catalogue files: what is written is read again, and what is wrong with one is said."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedded_tracks import assert_equal
from random_fingerprints import fingerprint_of, random_codes
from segue.exchange import writing
from segue.exchange.columns import COLUMNS, VECTOR_COLUMNS, VERSION
from segue.exchange.errors import CatalogueFileUnusable, ExportExists, ExportFailed
from segue.exchange.reading import CatalogueFile, UnusableRow, UsableRow, open_catalogue
from segue.exchange.writing import CatalogueWriter
from segue.fingerprints import MOST_LANDMARKS, MOST_STEPS, NO_FINGERPRINT
from segue.layers import MetadataLayers, corrections_to, with_layers
from segue.tracks import (
    EmbeddedTrack,
    EstimatedKey,
    EstimatedTempo,
    Provenance,
    Segment,
    Track,
    TrackMetadata,
)

SPACE, DIMENSION = "test-v1", 8
LAYERS = MetadataLayers(
    TrackMetadata("Tágs", "Ann", "Album", ("pop",), ("calm",), 1999, track_number=3, bpm=97.25),
    TrackMetadata("Given", artists=("Ann", "Björk"), genres=("jazz",), explicit=False),
    corrections_to(TrackMetadata("By hand", key="Am"), ["title", "year", "key", "moods"]),
)
DOCS = Path(__file__).parents[3] / "docs" / "export.md"


def track(number: int, *, passages: int = 2) -> EmbeddedTrack:
    rng = np.random.default_rng(number)

    def vector() -> np.ndarray:
        one = rng.standard_normal(DIMENSION)
        return (one / np.linalg.norm(one)).astype(np.float32)

    metadata = TrackMetadata(
        title=f"Título {number}",
        artists=("Ann", "Björk"),
        genres=("jazz", "drum and bass"),
        year=1999,
        isrc="USRC17607839",
        musicbrainz_artist_ids=("11111111-2222-4333-8444-555555555555",),
        bpm=97.25,
        key="F#m",
        explicit=False,
        track_gain_db=-7.5,
    )
    return EmbeddedTrack(
        Track(
            f"track-{number}",
            metadata if number % 2 else TrackMetadata(),
            215.125,
            f"file:///music/{number}.flac",
            f"{number:064x}",
            datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
            {"jazz": float(np.float32(0.9)), "folk": 0.125} if number % 2 else {},
            {"calm": 0.5},
            Provenance.OWNER,
            "decoded 171.2 s of 180.0 s" if number % 3 == 0 else "",
            "für elise.mp3" if number % 2 else "",
            estimated_tempo=EstimatedTempo(120.5, 0.75) if number % 3 else None,
            estimated_key=EstimatedKey("F#m", 1 / 3) if number % 3 == 1 else None,
            recording="a name" if number % 5 == 0 else "",
        ),
        SPACE,
        vector(),
        vector() if number % 2 else None,
        [Segment(n, 10.0 * n, 10.0 * n + 10.0, vector()) for n in range(passages)],
        fingerprint_of(random_codes(number)) if number % 4 else NO_FINGERPRINT,
    )


def write(target: Path, tracks: Iterable[EmbeddedTrack], **options: Any) -> None:
    with CatalogueWriter(target, space=SPACE, dimension=DIMENSION, **options) as writer:
        for one in tracks:
            writer.add(one)
        writer.finish()


def rows(source: Path) -> list[UsableRow | UnusableRow]:
    return [row for file in open_catalogue(source) for row in file.read()]


def rewrite(source: Path, change: Any) -> Path:
    """A file with the same metadata and another table."""
    table = change(pq.read_table(source))
    target = source.with_name("changed.parquet")
    pq.write_table(table, target)
    return target


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "catalogue.parquet", map(track, range(20)))
    return tmp_path / "catalogue.parquet"


def test_what_was_written_is_read_again(file: Path) -> None:
    given = [*map(track, range(20))]
    for row, right in zip(rows(file), given, strict=True):
        assert isinstance(row, UsableRow)
        assert_equal(row.embedded, right)
    assert sorted(path.name for path in file.parent.iterdir()) == ["catalogue.parquet"]


def test_extremes_are_read_again(tmp_path: Path) -> None:
    given = [track(0, passages=0), track(1, passages=1500), track(2, passages=0)]
    given.append(replace(track(3), track=Track("bare")))
    write(tmp_path / "a.parquet", given)
    for row, right in zip(rows(tmp_path / "a.parquet"), given, strict=True):
        assert isinstance(row, UsableRow)
        assert_equal(row.embedded, right)


@pytest.mark.parametrize(
    "layers",
    [
        MetadataLayers(),
        MetadataLayers(tags=LAYERS.tags),
        MetadataLayers(given=LAYERS.given),
        LAYERS,
        replace(LAYERS, tags=TrackMetadata(), given=TrackMetadata()),
    ],
    ids=["nothing", "tags", "given", "all", "corrections"],
)
def test_whose_word_each_field_is_is_read_again(tmp_path: Path, layers: MetadataLayers) -> None:
    given = replace(track(1), track=with_layers(track(1).track, layers))
    write(tmp_path / "a.parquet", [given])
    (row,) = rows(tmp_path / "a.parquet")
    assert isinstance(row, UsableRow)
    assert_equal(row.embedded, given)


def test_what_is_written_of_sources_can_be_queried(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [replace(track(1), track=with_layers(track(1).track, LAYERS))])
    (row,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert {one["field"]: one["source"] for one in row["field_sources"]} == {
        "album": "tags", "artist": "given", "artists": "given", "bpm": "tags",
        "explicit": "given", "genres": "given", "key": "corrected", "moods": "corrected",
        "title": "corrected", "track_number": "tags", "year": "corrected",
    }  # fmt: skip
    assert (row["title"], row["year"], row["moods"]) == ("By hand", None, [])
    assert json.loads(row["hidden_given"]) == {"title": "Given"}
    assert json.loads(row["hidden_tags"]) == {
        "title": "Tágs", "artist": "Ann", "genres": ["pop"], "moods": ["calm"], "year": 1999,
    }  # fmt: skip


def test_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    given = replace(track(1), track=with_layers(track(1).track, LAYERS))
    write(tmp_path / "a.parquet", [given])
    (row,) = pq.read_table(tmp_path / "a.parquet").to_pylist()
    sources = [*row["field_sources"], {"field": "colour", "source": "tags"}]
    hidden = json.dumps({**json.loads(row["hidden_tags"]), "colour": "blue"})
    change = with_row(0, field_sources=sources, hidden_tags=hidden)
    (found,) = rows(rewrite(tmp_path / "a.parquet", change))
    assert isinstance(found, UsableRow)
    assert_equal(found.embedded, given)


def test_an_empty_catalogue_is_a_file(tmp_path: Path) -> None:
    write(tmp_path / "none.parquet", [])
    (opened,) = open_catalogue(tmp_path / "none.parquet")
    assert (opened.space, opened.dimension, opened.rows) == (SPACE, DIMENSION, 0)
    assert list(opened.read()) == []


def test_parts_are_read_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "ROW_GROUP_TRACKS", 3)
    write(tmp_path / "parts", map(track, range(14)), part_bytes=1)
    names = sorted(path.name for path in (tmp_path / "parts").iterdir())
    assert names == [f"part-{n:05}.parquet" for n in range(1, 6)]
    found = rows(tmp_path / "parts")
    assert [one.embedded.track.track_id for one in found] == [f"track-{n}" for n in range(14)]
    assert [one.number for one in found] == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2]


@pytest.mark.parametrize(("lost", "told"), [("00002", "lacks part 2"), ("00005", "the last")])
def test_a_part_that_is_missing_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str, told: str
) -> None:
    monkeypatch.setattr(writing, "ROW_GROUP_TRACKS", 3)
    write(tmp_path / "parts", map(track, range(14)), part_bytes=1)
    (tmp_path / "parts" / f"part-{lost}.parquet").unlink()
    with pytest.raises(CatalogueFileUnusable, match=told):
        open_catalogue(tmp_path / "parts")


@pytest.mark.parametrize("name", ["a.parquet", "parts"])
def test_nothing_appears_before_the_end(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with CatalogueWriter(target, space=SPACE, dimension=DIMENSION) as writer:
        writer.add(track(1))
        assert not target.exists()
    assert list(tmp_path.iterdir()) == []  # since it was not finished


def test_what_is_there_is_replaced_on_request_only(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportExists, match="there already"):
        write(file, [])
    write(file, [track(1)], overwrite=True)
    assert len(rows(file)) == 1
    write(tmp_path / "parts", map(track, range(3)))
    with pytest.raises(ExportExists, match="holds an export"):
        write(tmp_path / "parts", [])
    write(tmp_path / "parts", [track(1)], overwrite=True)
    assert len(rows(tmp_path / "parts")) == 1
    (tmp_path / "parts" / "holiday.jpg").write_bytes(b"")
    with pytest.raises(ExportExists, match="something else"):
        write(tmp_path / "parts", [track(1)], overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.parquet", "parts"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no folder")
    with pytest.raises(ExportFailed, match="cannot write"):
        write(tmp_path / "a" / "b.parquet", [])


def test_a_full_disk_is_told_and_leaves_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Any, batch: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing._OpenFile, "write", full)
    with pytest.raises(ExportFailed, match="No space left"):
        write(file, [track(1)], overwrite=True)
    assert len(rows(file)) == 20
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all", b"PAR1" + b"\0" * 100])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(CatalogueFileUnusable, match="cannot be read"):
        CatalogueFile(path)


def test_a_truncated_file_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for size in (len(content) - 1, len(content) // 2, 100):
        file.write_bytes(content[:size])
        with pytest.raises(CatalogueFileUnusable):
            CatalogueFile(file)


def test_a_flipped_bit_is_noticed(file: Path) -> None:
    content = bytearray(file.read_bytes())
    ids = pq.ParquetFile(file).metadata.row_group(0).column(0)
    content[ids.data_page_offset + ids.total_compressed_size - 5] ^= 1
    file.write_bytes(content)
    with pytest.raises(CatalogueFileUnusable, match="cannot be read"):
        rows(file)


def test_another_table_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"track_id": ["a"], "vector": [[1.0]]}), tmp_path / "a.parquet")
    with pytest.raises(CatalogueFileUnusable, match="no catalogue of Segue's"):
        CatalogueFile(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["track_id", "vector", "passages", "content_sha256"])
def test_a_missing_column_is_named(file: Path, name: str) -> None:
    with pytest.raises(CatalogueFileUnusable, match=f"lacks columns: {name}"):
        CatalogueFile(rewrite(file, lambda table: table.drop_columns([name])))


def test_a_column_of_another_kind_is_named(file: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        place = table.column_names.index("year")
        return table.set_column(place, "year", pa.array(["x"] * len(table)))

    with pytest.raises(CatalogueFileUnusable, match="column year holds string, not int32"):
        rows(rewrite(file, change))


_READ_WITHIN_BOUNDS = """
import sys
from pathlib import Path
from segue.exchange import reading

reading.MOST_READ_BYTES = 256 * 1024 * 1024
bomb, good = map(Path, sys.argv[1:])

def rows(path):
    return [row for file in reading.open_catalogue(path) for row in file.read()]

try:
    rows(bomb)
except reading.CatalogueFileUnusable as refused:
    print(refused)
bytearray(300 * 1024 * 1024)  # the bound is gone with the reading
print(len(rows(good)))
"""


@pytest.mark.parametrize("name", ["title", "vector"])
def test_what_unfolds_to_any_size_is_refused_before_it_does(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bomb.parquet"
    write(path, map(track, range(128)))

    def change(table: pa.Table) -> pa.Table:
        if name == "title":
            column = pa.DictionaryArray.from_arrays([0] * len(table), ["x" * 8_000_000])
        else:
            ends = np.arange(len(table) + 1, dtype=np.int32) * 1_000_000
            column = pa.ListArray.from_arrays(ends, np.ones(int(ends[-1]), np.float32))
        return table.set_column(table.column_names.index(name), name, column)

    bomb = rewrite(path, change)
    assert bomb.stat().st_size < 1_000_000  # and some hundred megabytes in memory
    # In a process of its own: this one has memory left from before, which does not count as more.
    program = [sys.executable, "-c", _READ_WITHIN_BOUNDS, str(bomb), str(path)]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    assert "take over 268435456 bytes of memory" in told.splitlines()[0]
    assert told.splitlines()[1:] == ["128"]


def test_a_later_version_is_refused(file: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        metadata = {**table.schema.metadata, b"segue.version": str(VERSION + 1).encode()}
        return table.replace_schema_metadata(metadata)

    with pytest.raises(CatalogueFileUnusable, match=f"of version {VERSION + 1}"):
        CatalogueFile(rewrite(file, change))


def test_further_columns_are_named_and_passed_over(file: Path) -> None:
    changed = rewrite(file, lambda t: t.append_column("rating", pa.array([5] * len(t))))
    opened = CatalogueFile(changed)
    assert opened.not_read == ["rating"]
    assert all(isinstance(row, UsableRow) for row in opened.read())


def test_what_other_tools_make_of_the_columns_is_read(file: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        kinds = {pa.string(): pa.large_string(), pa.list_(pa.string()): pa.large_list(pa.string())}
        kinds[pa.list_(pa.float32())] = pa.large_list(pa.float64())
        fields = [one.with_type(kinds.get(one.type, one.type)) for one in table.schema]
        # Row groups of others are large.
        return table.cast(pa.schema(fields, table.schema.metadata))

    for row, right in zip(rows(rewrite(file, change)), map(track, range(20)), strict=True):
        assert isinstance(row, UsableRow)
        assert_equal(row.embedded, right)


def with_row(place: int, **values: Any) -> Any:
    def change(table: pa.Table) -> pa.Table:
        listed = table.to_pylist()
        listed[place].update(values)
        return pa.Table.from_pylist(listed, table.schema)

    return change


PASSAGE = {"start_seconds": 0.0, "end_seconds": 10.0, "vector": [1.0] * DIMENSION}
BACKWARDS, STARTLESS = PASSAGE | {"end_seconds": -1.0}, PASSAGE | {"start_seconds": None}
BAD_ROWS = {
    "no id": ({"track_id": None}, "INVALID_ARGUMENT", "track_id"),
    "empty id": ({"track_id": ""}, "INVALID_ARGUMENT", "track_id"),
    "no vector": ({"vector": None}, "VECTOR_INVALID", "holds 0 numbers, not 8"),
    "short vector": ({"vector": [1.0] * 7}, "VECTOR_INVALID", "holds 7 numbers, not 8"),
    "not a number": ({"vector": [np.nan] * 8}, "VECTOR_INVALID", "not finite"),
    "null number": ({"vector": [1.0] * 7 + [None]}, "VECTOR_INVALID", "not finite"),
    "infinite genre": ({"genre_vector": [np.inf]}, "VECTOR_INVALID", "not finite"),
    "passage backwards": ({"passages": [BACKWARDS]}, "INVALID_ARGUMENT", "0.0 to -1.0 s"),
    "passage null": ({"passages": [None]}, "INVALID_ARGUMENT", "is not a passage"),
    "passage without start": ({"passages": [STARTLESS]}, "INVALID_ARGUMENT", "nan to 10.0 s"),
    "passage vector": ({"passages": [PASSAGE | {"vector": [1.0]}]}, "VECTOR_INVALID", "passage 1"),
    "provenance": ({"provenance": "nobody"}, "INVALID_ARGUMENT", "nobody"),
    "year": ({"year": 99_999}, "INVALID_ARGUMENT", "year"),
    "no label": (
        {"predicted_genres": [{"label": None, "probability": 0.5}]}, "INVALID_ARGUMENT", "label",
    ),
    "tempo": ({"estimated_tempo": {"bpm": 0.0, "confidence": 0.5}}, "INVALID_ARGUMENT", "tempo"),
    "no confidence": (
        {"estimated_tempo": {"bpm": 90.0, "confidence": None}}, "INVALID_ARGUMENT", "no track",
    ),
    "confidence": (
        {"estimated_key": {"key": "C", "confidence": 1.5}}, "INVALID_ARGUMENT", "outside [0, 1]",
    ),
    "key": ({"estimated_key": {"key": "H7", "confidence": 0.5}}, "INVALID_ARGUMENT", "musical key"),
    "no key": ({"estimated_key": {"key": None, "confidence": 0.5}}, "INVALID_ARGUMENT", "no track"),
    "source": (
        {"field_sources": [{"field": "title", "source": "nobody"}]}, "INVALID_ARGUMENT", "nobody",
    ),
    "no source": ({"field_sources": [{"field": "title"}]}, "INVALID_ARGUMENT", "null"),
    "hidden no JSON": ({"hidden_tags": "{", "field_sources": []}, "INVALID_ARGUMENT", "no track"),
    "hidden list": ({"hidden_tags": "[]", "field_sources": []}, "INVALID_ARGUMENT", "JSON object"),
    "hidden kind": (
        {"hidden_given": '{"title": 5}', "field_sources": []}, "INVALID_ARGUMENT", "no track",
    ),
    "hidden year": (
        {"hidden_tags": '{"year": 77}', "field_sources": []}, "INVALID_ARGUMENT", "year",
    ),
    "hidden null": (
        {"hidden_tags": '{"genres": [null]}', "field_sources": []}, "INVALID_ARGUMENT", "null",
    ),
    "hidden depth": (
        {"hidden_tags": "[" * 100_000, "field_sources": []}, "INVALID_ARGUMENT", "no track",
    ),
    "null genre": ({"genres": ["jazz", None]}, "INVALID_ARGUMENT", "null"),
    "half a step": ({"fingerprint": b"odd"}, "INVALID_ARGUMENT", "has 3 bytes"),
    "long fingerprint": (
        {"fingerprint": b"ab" * (MOST_STEPS + 1)}, "INVALID_ARGUMENT", "row.fingerprint",
    ),
    "landmarks alone": ({"fingerprint": None, "landmarks": [1]}, "INVALID_ARGUMENT", "belong to"),
    "landmarks": (
        {"fingerprint": b"ab", "landmarks": [*range(MOST_LANDMARKS + 1)]},
        "INVALID_ARGUMENT", "row.landmarks",
    ),
    "no landmark": ({"fingerprint": b"ab", "landmarks": [None, 2]}, "INVALID_ARGUMENT", "null"),
    "control character": ({"title": "a\x1bb"}, "INVALID_ARGUMENT", "U+001B"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_named_and_the_others_are_good(file: Path, name: str) -> None:
    values, reason, told = BAD_ROWS[name]
    found = rows(rewrite(file, with_row(6, **values)))
    (bad,) = [row for row in found if isinstance(row, UnusableRow)]
    assert (bad.number, bad.reason) == (7, reason)
    assert told in bad.message
    assert len(found) == 20


def test_the_documentation_names_every_column() -> None:
    told = re.findall(r"^\| `(\w+)` \| `?([^|`]+)`? \| ([^|]+) \|$", DOCS.read_text(), re.MULTILINE)
    assert [name for name, _, _ in told] == [one.name for one in COLUMNS] + list(VECTOR_COLUMNS)
    kinds = {one.name: one.type for one in COLUMNS}
    kinds.update({name: kind for name, (kind, _) in VECTOR_COLUMNS.items()})
    abouts = {one.name: one.about for one in COLUMNS}
    abouts.update({name: about for name, (_, about) in VECTOR_COLUMNS.items()})
    for name, kind, about in told:
        assert kind == str(kinds[name]).replace("item: ", ""), name
        assert about == abouts[name], name
