"""The description of the API is what the protos and the table of endpoints give."""

from __future__ import annotations

import json
import re

import pytest

from segue.resources import resource_folder
from segue.web.api.description.__main__ import main
from segue.web.api.description.comments import limits_of_list, limits_of_number, limits_of_text
from segue.web.api.table import DESCRIPTION, handlers

DESCRIBED = json.loads(DESCRIPTION.read_text())


def test_it_is_up_to_date(tmp_path):
    protoc = pytest.importorskip("grpc_tools.protoc", reason="grpcio-tools is not installed")
    protos = resource_folder("model_repository").parent / "protos"
    if not protos.is_dir():
        pytest.skip("the protos are not part of the package")
    files = sorted(str(path.relative_to(protos)) for path in protos.glob("segue/v1/*.proto"))
    well_known = f"{protoc.__file__.rpartition('/')[0]}/_proto"
    arguments = [f"-I{protos}", f"-I{well_known}", "--include_source_info"]
    target = tmp_path / "set"
    assert protoc.main(["protoc", *arguments, f"--descriptor_set_out={target}", *files]) == 0
    main(target, tmp_path / "openapi.json")
    assert (tmp_path / "openapi.json").read_text() == DESCRIPTION.read_text(), "run 'make protos'"


def test_every_address_is_described():
    described = {
        (method.upper(), path.removeprefix("/"))
        for path, methods in DESCRIBED["paths"].items()
        for method in methods
    }
    assert described == handlers().keys()


def test_what_it_refers_to_is_there():
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', DESCRIPTION.read_text())):
        found = DESCRIBED
        for name in reference.split("/"):
            found = found[name]
        assert found


def test_names_of_operations_are_distinct():
    names = [one["operationId"] for path in DESCRIBED["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names)


def test_requests_are_strict_and_answers_whole():
    schemas = DESCRIBED["components"]["schemas"]
    search, answer = schemas["SearchSimilarTracksRequest"], schemas["SearchSimilarTracksResponse"]
    assert search["additionalProperties"] is False
    assert schemas["Seed"]["maxProperties"] == 1
    assert "clip_id" in schemas["ClipSeed"]["properties"]
    assert search["properties"]["sound_weight"]["maximum"] == 1
    assert search["properties"]["sound_weight"]["description"].startswith("Share of the sound")
    assert "additionalProperties" not in answer
    assert {"results", "next_page_token"} <= set(answer["required"])
    assert "minimum" not in schemas["SimilarTrack"]["properties"]["acoustic_similarity"]
    update = DESCRIBED["paths"]["/tracks/{track_id}"]["patch"]
    body = update["requestBody"]["content"]["application/json"]["schema"]
    assert "track_id" not in body["properties"]
    assert "TRACK_CHANGED" in update["description"]
    assert {} not in update["security"]


@pytest.mark.parametrize(
    ("comment", "limits"),
    [
        ("In [0, 1]: 0 by likeness", {"minimum": 0, "maximum": 1}),
        ("Of a play or a skip: in [0, 86 400]; 0: not known.", {"minimum": 0, "maximum": 86_400}),
        ("Tracks with both ends: in [2, 100]. 0: 10.", {"minimum": 0, "maximum": 100}),
        ("In (0, 1000]. 0: 10.", {"minimum": 0, "maximum": 1000}),
        ("In [-100, 100], not 0. Absent: 1.", {"minimum": -100, "maximum": 100}),
        ("At most 500.", {}),
    ],
)
def test_ranges_in_comments(comment, limits):
    assert limits_of_number(comment) == limits


def test_other_limits_in_comments():
    assert limits_of_text("Empty: none. At most 4 096 bytes.") == {"maxLength": 4_096}
    assert limits_of_text("at most 256 bytes (artists: 4 096)") == {}
    assert limits_of_list("At least one, at most 10 000.") == {"minItems": 1, "maxItems": 10_000}
    assert limits_of_list("At least one of these: at most 1 000, each") == {"maxItems": 1_000}
    assert limits_of_list("at most 20 of each, and at least one for.") == {}
