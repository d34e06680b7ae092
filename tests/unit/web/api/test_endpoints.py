"""Every RPC of the gRPC API has an address, or a reason to have none."""

from __future__ import annotations

from deployment import ROOT
from segue.web.api.endpoints import ELSEWHERE, EXPORT, FILES, GRPC_ONLY, INTERACTIONS, UNARY
from segue.web.api.table import handlers
from segue.web.backend import STUBS


def rpcs(*, streamed):
    return {
        method.name
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if streamed == (method.client_streaming or method.server_streaming)
    }


def test_the_files_are_those_of_all_services():
    services = {name for file in FILES for name in file.DESCRIPTOR.services_by_name}
    assert services == STUBS.keys()
    protos = (ROOT / "protos/segue/v1").glob("*_service.proto")
    # That one is the recommender's, which Segue calls.
    answered = {path.stem for path in protos} - {"collaborative_score_service"}
    assert {file.__name__.rpartition(".")[2].removesuffix("_pb2") for file in FILES} == answered


def test_every_rpc_has_an_address_or_a_reason_to_have_none():
    in_table = {one.rpc for one in (*UNARY, EXPORT, INTERACTIONS)}
    without = GRPC_ONLY.keys()
    assert in_table | (without & rpcs(streamed=False)) == rpcs(streamed=False)
    assert ELSEWHERE.keys() | (without & rpcs(streamed=True)) == rpcs(streamed=True)
    assert not without & (in_table | ELSEWHERE.keys())
    assert set(ELSEWHERE.values()) <= handlers().keys()


def test_the_document_names_those_without_an_address():
    text = (ROOT / "docs/api.md").read_text()
    for rpc in GRPC_ONLY:
        assert f"`{rpc}`" in text
