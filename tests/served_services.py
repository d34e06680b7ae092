"""Every service of the protos that the query service serves: a new one is among them by itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

PROTOS = Path(__file__).parents[1] / "protos"
OF_OTHERS = frozenset({"CollaborativeScoreService"})
"""Served by the recommender, to the query service."""


def served_services() -> list[ServiceDescriptor]:
    """The services, by their names."""
    found: list[ServiceDescriptor] = []
    for proto in sorted(PROTOS.rglob("*.proto")):
        module = ".".join(proto.relative_to(PROTOS).with_suffix("").parts)
        descriptor = import_module(f"segue.{module.removeprefix('segue.')}_pb2").DESCRIPTOR
        found += descriptor.services_by_name.values()
    return [one for one in found if one.name not in OF_OTHERS]


def served_methods() -> list[MethodDescriptor]:
    """All calls of these services."""
    return [method for service in served_services() for method in service.methods]
