"""``segue.v1.CatalogService``: converts, calls the index or the job store, converts back."""

from __future__ import annotations

import grpc

from segue.query.catalog_audio import AudioCalls
from segue.query.catalog_changes import ChangeCalls
from segue.query.catalog_dead_letters import DeadLetterCalls
from segue.query.catalog_duplicates import DuplicateCalls
from segue.query.catalog_export import ExportCalls
from segue.query.catalog_ingest import IngestCalls
from segue.query.catalog_reading import ReadingCalls
from segue.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server

SERVICE = "segue.v1.CatalogService"


class CatalogServicer(
    ReadingCalls,
    DuplicateCalls,
    ExportCalls,
    ChangeCalls,
    IngestCalls,
    DeadLetterCalls,
    AudioCalls,
):
    """All calls of the catalogue."""

    def add_to(self, server: grpc.aio.Server) -> None:
        """Register with a server."""
        add_CatalogServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]
