"""Tracks to ingest as messages of the API."""

from __future__ import annotations

from segue.jobs.port import IngestItem
from segue.messages import metadata_message
from segue.v1 import catalog_service_pb2 as messages


def item_message(item: IngestItem) -> messages.IngestItem:
    """Write a track to ingest."""
    return messages.IngestItem(
        track_id=item.track_id,
        uri=item.uri,
        metadata=metadata_message(item.metadata),
        force=item.force,
    )
