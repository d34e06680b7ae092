"""What stands for a track as it is now, so that a change of something else can be refused."""

from __future__ import annotations

import hashlib

from segue.tracks import Track
from segue.wire.tracks import metadata_to_message

_BYTES = 12


def etag_of(track: Track) -> str:
    """Stands for a track's metadata and content: equal while they are, in any process."""
    metadata = metadata_to_message(track.metadata).SerializeToString(deterministic=True)
    marked = hashlib.blake2b(metadata, digest_size=_BYTES, person=b"segue etag")
    marked.update(track.content_sha256.encode("utf-8"))
    return marked.hexdigest()
