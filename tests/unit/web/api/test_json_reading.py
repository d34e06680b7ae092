"""JSON becomes messages, or is refused by the name of what is wrong."""

from __future__ import annotations

import base64
import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from segue.errors import InvalidArgument, InvalidRequest
from segue.v1 import catalog_service_pb2 as catalog
from segue.v1 import listener_service_pb2 as listeners
from segue.v1 import similarity_service_pb2 as similarity
from segue.web.api.json_reading import DEEPEST, fill, parsed
from segue.web.api.json_writing import as_json

SEARCH = similarity.SearchSimilarTracksRequest


def read(kind, value, **options):
    message = kind()
    fill(message, value, **options)
    return message


def test_a_search_is_read_as_protobuf_reads_it():
    told = {
        "seeds": [
            {"seed": {"track_id": "a"}, "weight": 2},
            {"seed": {"passage": {"track_id": "b", "start_seconds": 1.5}}, "weight": -0.5},
        ],
        "filter": {"genres": {"any_of": ["jazz", "blues"]}, "year": {"minimum": 1960}},
        "page_size": 5.0,
        "view": "TRACK_VIEW_FULL",
        "sound_weight": 0,
        "highlight": True,
    }
    assert read(SEARCH, told) == json_format.ParseDict(told, SEARCH())
    assert read(SEARCH, told).HasField("sound_weight")


def test_texts_that_stand_for_other_things():
    interaction = read(
        listeners.Interaction,
        {"occurred_at": "2026-03-04T05:06:07.5Z", "kind": "INTERACTION_KIND_LIKE"},
    )
    assert interaction.occurred_at.ToMilliseconds() == 1_772_600_767_500
    assert read(
        catalog.UpdateTrackRequest, {"update_mask": "title, album_artist"}
    ).update_mask.paths == [
        "title",
        "album_artist",
    ]
    assert read(catalog.ReadAudioRequest, {"offset": "9007199254740993"}).offset == 9007199254740993
    audio = base64.b64encode(b"\x00\xff").decode()
    assert read(similarity.ClipSeed, {"audio": audio}).audio == b"\x00\xff"


def test_null_says_nothing():
    assert read(SEARCH, {"seed": None, "page_size": None, "sound_weight": None}) == SEARCH()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"pageSize": 1}, "pageSize"),
        ({"filter": {"genres": {"any": []}}}, "filter.genres.any"),
        ({"seeds": [{}, {"seed": {"track": "x"}}]}, "seeds[1].seed.track"),
        ({"seeds": {}}, "seeds"),
        ({"seeds": [3]}, "seeds[0]"),
        ({"seed": []}, "seed"),
        ({"seed": {"track_id": 3}}, "seed.track_id"),
        ({"seed": {"track_id": "a", "artist": "b"}}, "seed.artist"),
        ({"page_size": "3"}, "page_size"),
        ({"page_size": 1.5}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"page_size": 1 << 31}, "page_size"),
        ({"sound_weight": "0.5"}, "sound_weight"),
        ({"sound_weight": 10**400}, "sound_weight"),
        ({"sound_weight": float("inf")}, "sound_weight"),
        ({"highlight": "true"}, "highlight"),
        ({"view": "FULL"}, "view"),
        ({"view": 3}, "view"),
        ({"page_token": "\ud800"}, "page_token"),
        ({"seed": {"embedding": {"values": [1e39]}}}, "seed.embedding.values[0]"),
        ({"seed": {"clip": {"audio": "***"}}}, "seed.clip.audio"),
    ],
)
def test_what_is_wrong_is_named(value, field):
    with pytest.raises(InvalidArgument) as raised:
        read(SEARCH, value)
    assert raised.value.field == field


@pytest.mark.parametrize("value", [[], "x", 3, None, True])
def test_a_request_is_an_object(value):
    with pytest.raises(InvalidArgument, match="body: must be a JSON object"):
        read(SEARCH, value)


def test_fields_that_the_address_names_are_not_those_of_the_body():
    read(catalog.UpdateTrackRequest, {"etag": "x"}, without=("track_id",))
    with pytest.raises(InvalidArgument, match="track_id: no such field") as raised:
        read(catalog.UpdateTrackRequest, {"track_id": "x"}, without=("track_id",))
    assert "etag" in str(raised.value)


def test_fields_that_somebody_else_knows():
    noted = []
    read(
        SEARCH,
        {"seeds": [{"seed": {"clip": {"clip_id": "c", "start_seconds": 1}}}]},
        extras={"ClipSeed.clip_id": lambda *told: noted.append(told)},
    )
    [(seed, path, value)] = noted
    assert (seed.start_seconds, path, value) == (1, "seeds[0].seed.clip.clip_id", "c")


@pytest.mark.parametrize(
    "text",
    [b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b"1" * 5_000, b""],
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(InvalidRequest):
        parsed(text)


def test_what_lies_too_deep_is_refused():
    value = {"track_id": "x"}
    for _ in range(DEEPEST + 1):
        value = {"requests": [value]}
    with pytest.raises(InvalidRequest):
        read(similarity.BatchSearchSimilarTracksRequest, value)


NAMES = ["seed", "seeds", "filter", "track_id", "clip", "weight", "any_of", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(value):
    try:
        read(SEARCH, value)
    except InvalidRequest:
        return
    assert isinstance(value, dict)


@given(st.builds(SEARCH, page_size=st.integers(-5, 5), page_token=st.text(max_size=5)))
def test_what_is_written_is_read_again(message):
    assert read(SEARCH, json.loads(json.dumps(as_json(message)))) == message
