"""Writes answers of a search as bytes, with their tracks serialised once and kept.

Most of an answer are its tracks, and the same tracks are answered again and again. A serialised
message may be put together from serialised parts, so the rest costs a few bytes per answer:
https://protobuf.dev/programming-guides/encoding/. The tests read every answer back.
"""

from __future__ import annotations

import struct
from collections import OrderedDict
from collections.abc import Sequence

from segue.query.search import Page
from segue.tracks import Track
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import track_pb2
from segue.wire.search import mix_status_to_message
from segue.wire.tracks import track_to_message

TRACKS_KEPT = 32_768
"""Serialised tracks kept per view: about 10 MB of BASIC ones."""


def _tag(message: type, field: str, wire_type: int) -> bytes:
    number: int = message.DESCRIPTOR.fields_by_name[field].number  # type: ignore[attr-defined]
    return bytes([number << 3 | wire_type])


_RESULT = _tag(messages.SearchSimilarTracksResponse, "results", 2)
_TRACK = _tag(messages.SimilarTrack, "track", 2)
_SCORE = _tag(messages.SimilarTrack, "score", 1)
_SIMILARITY = _tag(messages.SimilarTrack, "acoustic_similarity", 1)
_COLLABORATIVE = _tag(messages.SimilarTrack, "collaborative_score", 1)
_PASSAGE = _tag(messages.SimilarTrack, "passage", 2)

_pack_scores = struct.Struct("<cdcd").pack
_pack_collaborative = struct.Struct("<cd").pack


class AnswerWriter:
    """Serialises pages of answers."""

    def __init__(self) -> None:
        # By identity: an index that keeps its tracks gives the same objects again, and replaces
        # them when they change. The track is held, so that its identity stays its own.
        self._kept: dict[int, OrderedDict[int, tuple[Track, bytes]]] = {}

    def response(
        self,
        page: Page,
        *,
        view: track_pb2.TrackView,
        space: str,
        next_page_token: str,
        unknown_labels: Sequence[str],
    ) -> bytes:
        """Give a serialised ``SearchSimilarTracksResponse``."""
        kept = self._kept.setdefault(view, OrderedDict())
        parts: list[bytes] = []
        for answer in page.answers:
            neighbour = answer.neighbour
            track = neighbour.track
            entry = kept.get(id(track))
            if entry is None:
                entry = self._keep(kept, track, view)
            body = entry[1] + _pack_scores(_SCORE, answer.score, _SIMILARITY, neighbour.similarity)
            if answer.collaborative_score is not None:
                body += _pack_collaborative(_COLLABORATIVE, answer.collaborative_score)
            if neighbour.passage is not None:
                passage = messages.MatchedPassage(
                    start_seconds=neighbour.passage.start_seconds,
                    end_seconds=neighbour.passage.end_seconds,
                    similarity=neighbour.passage.similarity,
                )
                body += _delimited(_PASSAGE, passage.SerializeToString())
            parts.append(_delimited(_RESULT, body))
        rest = messages.SearchSimilarTracksResponse(
            next_page_token=next_page_token,
            embedding_space=space,
            collaborative_status=mix_status_to_message(page.mix_status),
            collaborative_message=page.mix_message,
            unknown_labels=unknown_labels,
        )
        parts.append(rest.SerializeToString())
        return b"".join(parts)

    @staticmethod
    def _keep(
        kept: OrderedDict[int, tuple[Track, bytes]], track: Track, view: track_pb2.TrackView
    ) -> tuple[Track, bytes]:
        if len(kept) >= TRACKS_KEPT:
            kept.popitem(last=False)
        entry = (track, _delimited(_TRACK, track_to_message(track, view).SerializeToString()))
        kept[id(track)] = entry
        return entry


def _delimited(tag: bytes, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return b"%b%c%b" % (tag, size, body)
    varint = b""
    while size >= 0x80:
        varint += bytes([size & 0x7F | 0x80])
        size >>= 7
    return b"%b%b%c%b" % (tag, varint, size, body)
