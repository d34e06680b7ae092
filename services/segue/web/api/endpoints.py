"""What of the gRPC API is at which address: one table, which serves it and describes it.

A request's fields come from the address (those that the path names), from its query (of ``GET`` and
``DELETE``) or from a JSON object (of the others).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from segue.v1 import (
    catalog_service_pb2,
    listener_service_pb2,
    map_service_pb2,
    playlist_service_pb2,
    similarity_service_pb2,
    status_service_pb2,
)
from segue.web.callers import Role

FILES = (
    similarity_service_pb2,
    playlist_service_pb2,
    catalog_service_pb2,
    listener_service_pb2,
    map_service_pb2,
    status_service_pb2,
)

_PARAMETER = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An RPC at an address of the HTTP API.

    Attributes
    ----------
    method
        Of HTTP.
    path
        Below ``api/v1/``; what stands in braces is a field of the request.
    service, rpc
        Of gRPC, without the package.
    least
        Whose it is at least.
    """

    method: str
    path: str
    service: str
    rpc: str
    least: Role = Role.GUEST

    @property
    def in_path(self) -> tuple[str, ...]:
        """Fields of the request that the path names."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def has_body(self) -> bool:
        """Whether the request comes as a JSON object."""
        return self.method not in ("GET", "DELETE")

    @property
    def descriptor(self) -> MethodDescriptor:
        """The RPC as its proto describes it."""
        for file in FILES:
            service = file.DESCRIPTOR.services_by_name.get(self.service)
            if service is not None:
                method: MethodDescriptor = service.methods_by_name[self.rpc]
                return method
        raise KeyError(self.service)

    def new_request(self) -> Message:
        """An empty request."""
        kind: Any = GetMessageClass(self.descriptor.input_type)
        request: Message = kind()
        return request


_SIMILARITY, _PLAYLISTS, _CATALOG = "SimilarityService", "PlaylistService", "CatalogService"

UNARY = (
    Endpoint("GET", "server-info", "StatusService", "GetServerInfo"),
    Endpoint("GET", "status", "StatusService", "GetStatus"),
    Endpoint("GET", "facets", _CATALOG, "ListFacets"),
    Endpoint("POST", "similar", _SIMILARITY, "SearchSimilarTracks"),
    Endpoint("POST", "similar:batch", _SIMILARITY, "BatchSearchSimilarTracks"),
    Endpoint("POST", "segments", _SIMILARITY, "SearchSegments"),
    Endpoint("POST", "tracks:search", _SIMILARITY, "SearchTracks"),
    Endpoint("GET", "tracks", _CATALOG, "ListTracks"),
    Endpoint("POST", "tracks:list", _CATALOG, "ListTracks"),
    Endpoint("POST", "tracks:get", _CATALOG, "GetTracks"),
    Endpoint("POST", "tracks:delete", _CATALOG, "DeleteTracks", Role.OWNER),
    Endpoint("POST", "tracks:move", _CATALOG, "MoveTracks", Role.OWNER),
    Endpoint("POST", "tracks:upsert", _CATALOG, "UpsertTracks", Role.OWNER),
    Endpoint("GET", "tracks/{track_id}", _CATALOG, "GetTrack"),
    Endpoint("PATCH", "tracks/{track_id}", _CATALOG, "UpdateTrack", Role.OWNER),
    Endpoint("DELETE", "tracks/{track_id}", _CATALOG, "DeleteTrack", Role.OWNER),
    Endpoint("GET", "kept-uploads", _CATALOG, "ListKeptUploads", Role.OWNER),
    Endpoint("GET", "duplicates", _CATALOG, "ListDuplicates"),
    Endpoint("POST", "ingest", _CATALOG, "IngestTracks", Role.OWNER),
    Endpoint("GET", "jobs", _CATALOG, "ListIngestJobs", Role.OWNER),
    Endpoint("GET", "jobs/{job_id}", _CATALOG, "GetIngestJob", Role.OWNER),
    Endpoint("POST", "jobs/{job_id}:cancel", _CATALOG, "CancelIngestJob", Role.OWNER),
    Endpoint("GET", "dead-letters", _CATALOG, "ListDeadLetters", Role.OWNER),
    Endpoint("POST", "dead-letters:replay", _CATALOG, "ReplayDeadLetters", Role.OWNER),
    Endpoint("POST", "dead-letters:dismiss", _CATALOG, "DismissDeadLetters", Role.OWNER),
    Endpoint("POST", "playlists:build", _PLAYLISTS, "BuildPlaylist"),
    Endpoint("POST", "paths:find", _PLAYLISTS, "FindPath"),
    Endpoint("POST", "playlists:describe", _PLAYLISTS, "DescribePlaylist"),
    Endpoint("DELETE", "listeners/{user_id}", "ListenerService", "ForgetListener", Role.OWNER),
    Endpoint("GET", "map/info", "MapService", "GetMapInfo"),
    Endpoint("POST", "map:rebuild", "MapService", "RebuildMap", Role.OWNER),
)
"""RPCs whose answer is one JSON object."""

EXPORT = Endpoint("POST", "playlists:export", _PLAYLISTS, "ExportPlaylist")
"""Answers with the file itself."""

ELSEWHERE = {
    "UploadTrack": ("POST", "uploads"),
    "WatchIngest": ("GET", "jobs/{job_id}/events"),
    "ReadAudio": ("GET", "tracks/{track_id}/audio"),
    "ReadCover": ("GET", "tracks/{track_id}/cover"),
    "GetMap": ("GET", "map"),
}
"""RPCs that are streams, by what answers in a form of its own what they answer."""

GRPC_ONLY = {
    "DescribeTrack": "workers alone know what it is told",
    "ExportTracks": "a stream of all vectors, which JSON would make several times as long",
}
"""RPCs that have no address, with the reason."""

INTERACTIONS = Endpoint(
    "POST", "interactions", "ListenerService", "RecordInteractions", Role.LISTENER
)
"""Takes the listener from the account of the caller."""
