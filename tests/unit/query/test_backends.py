"""Which catalogue a request is about is settled in one place, and no request passes it by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

import segue.query
from query_service import BandEmbedder
from segue.catalogues import Catalogues
from segue.errors import CatalogueUnknown, IndexUnavailable
from segue.index.exact import ExactIndex
from segue.query.backends import Backends
from segue.v1 import (
    catalog_service_pb2,
    collaborative_score_service_pb2,
    listener_service_pb2,
    map_service_pb2,
    playlist_service_pb2,
    similarity_service_pb2,
    status_service_pb2,
)

FILES = (
    catalog_service_pb2,
    collaborative_score_service_pb2,
    listener_service_pb2,
    map_service_pb2,
    playlist_service_pb2,
    similarity_service_pb2,
    status_service_pb2,
)

OF_NO_CATALOGUE = {
    "GetStatusRequest": "tells of the whole stack",
}


def requests() -> Iterator[tuple[Descriptor, Descriptor]]:
    """Every request of the API, and what of it may name a catalogue: of a stream its header."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                message = method.input_type
                if method.client_streaming:
                    yield message, message.fields_by_name["header"].message_type
                else:
                    yield message, message


@pytest.mark.parametrize(
    ("request_type", "naming"),
    [pytest.param(*one, id=one[0].name) for one in requests()],
)
def test_every_request_names_its_catalogue(request_type: Descriptor, naming: Descriptor) -> None:
    field = naming.fields_by_name.get("catalogue")
    if request_type.name in OF_NO_CATALOGUE:
        assert field is None
    else:
        assert field is not None
        assert (field.number, field.type) == (30, FieldDescriptor.TYPE_STRING)


def test_all_services_are_walked() -> None:
    there = {path.stem for path in Path(similarity_service_pb2.__file__).parent.glob("*_pb2.py")}
    assert {Path(file.__file__).stem for file in FILES} == there - {"track_pb2"}


def test_servicers_reach_indexes_by_their_request_only() -> None:
    """Only what runs beside the requests, or tells of all, takes indexes by another way."""
    for_all = {
        "map_keeper.py",
        *("backends.py", "readiness.py", "server.py", "status.py"),
        *("kept_sweep.py", "recording_keeper.py", "word_keeper.py"),
    }
    for path in Path(segue.query.__file__).parent.glob("*.py"):
        named = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute)
        }
        if path.name not in for_all:
            assert not named & {"opened", "index_in"}, path


def test_the_index_is_that_of_the_catalogue_which_the_request_names() -> None:
    backends = Backends(BandEmbedder(), catalogues=Catalogues(("test",)))
    own, other = (
        ExactIndex(space="bands-v1", dimension=8, catalogue=name) for name in ("", "test")
    )
    request = catalog_service_pb2.GetTrackRequest(catalogue="test")
    with pytest.raises(IndexUnavailable):
        backends.index_of(request)
    backends.index_opened(own)
    assert not backends.all_opened
    backends.index_opened(other)
    assert backends.all_opened
    assert backends.index_of(request) is other
    assert backends.index_of(catalog_service_pb2.GetTrackRequest()) is own
    assert backends.opened == {"": own, "test": other}
    with pytest.raises(CatalogueUnknown, match="'tset': there are test, and the default one"):
        backends.index_of(catalog_service_pb2.GetTrackRequest(catalogue="tset"))
