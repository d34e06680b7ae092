"""Every error that Segue raises on purpose.

    SegueError
    ├── InvalidRequest            the caller must change something; retrying cannot help
    │   ├── AudioError            the audio itself is at fault
    │   ├── SourceError           the audio cannot be fetched, and never will be from there
    │   │   ├── SourceNotReadable  ... until somebody permits it
    │   │   ├── SourceForbidden    ... to this caller
    │   │   └── AudioGone         an upload that is not kept, or not any more
    │   ├── TrackIdTaken          the id that follows from a place is that of a track that moved
    │   ├── InvalidVector
    │   ├── InvalidPageToken
    │   ├── HalvesMissing, GenreSpaceMissing  the model does not hear what is asked for
    │   ├── PassageMissing
    │   ├── SeedsUnknown, SeedsContradictory, SeedsAllNegative
    │   ├── PlaylistImpossible, PathImpossible, SeedsOverLength
    │   ├── TrackChanged          it is not as its caller read it
    │   ├── InteractionsUnusable  rows that say what listeners did say something else
    │   ├── FactorsInUse, RankerInUse  the version that is served cannot be removed
    │   ├── RankerNotLearned      what listeners did says nothing that an order can be learned from
    │   └── InvalidArgument
    ├── NotFound                  unknown track, job, catalogue, version of factors, a ranker or
    │                             the map, ...
    ├── Unauthenticated           the token that was shown is a wrong one
    ├── NotPermitted              somebody else may do this, the caller may not
    ├── ModelMisconfigured        the model repository is at fault; an operator must act
    ├── DependencyMissing         a program or data file that this machine lacks
    ├── NoRoomForUploads          what is kept of uploads has reached its bound
    ├── ListenersFolderUnusable   what listeners did cannot be written to files, or read from them
    ├── FactorsTooLarge           factors take more room than they may
    ├── FactorsUnusable, RankerUnusable, MapUnusable  what is published is damaged, or of another
    │                             version
    ├── SpaceMismatch             a vector of one embedding space met an index of another
    └── Unavailable               may pass: retry with backoff
        ├── Overloaded            too much is asked for at once
        │   ├── QueueFull
        │   └── InteractionsFull
        ├── EmbedderUnavailable
        ├── IndexUnavailable
        ├── QueueUnavailable
        ├── FactorsBusy           somebody else publishes factors
        ├── NoWorker
        ├── SourceUnavailable
        │   └── SourceTooSlow
        ├── CollaborativeUnavailable
        ├── FactorsUnavailable
        └── DeadlineExceeded

``reason`` is stable: it goes into google.rpc.ErrorInfo, dead letters, metrics labels and
``--json``. ``next_step`` says what the caller can do.
"""

from __future__ import annotations

from collections.abc import Sequence


class SegueError(Exception):
    """Root of the tree. ``str(error)`` is one sentence for a person."""

    reason = "INTERNAL"
    next_step = "Report this with the log of the process that raised it."
    retryable = False
    retry_after_seconds = 0.0
    """When to ask again at the earliest, where that was said."""

    def __init__(
        self, message: str, *, reason: str | None = None, next_step: str | None = None
    ) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason
        if next_step is not None:
            self.next_step = next_step


class InvalidRequest(SegueError):
    """The request cannot succeed as it is."""

    reason = "INVALID_ARGUMENT"
    next_step = "Correct the request and send it again."


class InvalidArgument(InvalidRequest):
    """One field of a request is out of range; ``field`` is its path in the request message."""

    def __init__(self, field: str, message: str, *, reason: str | None = None) -> None:
        super().__init__(f"{field}: {message}", reason=reason)
        self.field = field
        self.description = message


class AudioError(InvalidRequest):
    """The audio cannot be embedded. ``reason`` is one of the ``AUDIO_REASONS``."""

    reason = "AUDIO_UNDECODABLE"
    next_step = "Check that the file plays in a music player, or export it again."

    def __init__(self, message: str, reason: str | None = None) -> None:
        chosen = self.reason if reason is None else reason
        super().__init__(message, reason=chosen, next_step=AUDIO_REASONS[chosen])


AUDIO_REASONS: dict[str, str] = {
    "AUDIO_EMPTY": "Upload the file again: it holds no bytes.",
    "AUDIO_NOT_AUDIO": "Send an audio file, such as MP3, FLAC, Ogg Vorbis, Opus, WAV or M4A.",
    "AUDIO_TRUNCATED": "Get the file again: it ends before its audio does.",
    "AUDIO_UNDECODABLE": "Check that the file plays in a music player, or export it again.",
    "AUDIO_UNSUPPORTED_CODEC": "Convert it to FLAC, MP3, Opus or another format that is read.",
    "AUDIO_SAMPLE_RATE": "Convert it to a sample rate between 4 and 384 kHz.",
    "AUDIO_CHANNELS": "Mix it down to at most 8 channels.",
    "AUDIO_NON_FINITE": "Export it again: it holds samples that are not numbers.",
    "AUDIO_SILENT": "Send audio that can be heard.",
    "AUDIO_TOO_SHORT": "Send at least one chunk (3 seconds for the default model).",
    "AUDIO_TOO_LONG": (
        "Cut it into shorter files. For what is ingested, SEGUE_MAX_DURATION_SECONDS can be raised."
    ),
    "AUDIO_TOO_MANY_SAMPLES": (
        "Send a shorter passage from nearer the start, or convert it to fewer channels or a lower "
        "sample rate."
    ),
    "AUDIO_TOO_LARGE": "Send a smaller file, or raise SEGUE_MAX_UPLOAD_BYTES.",
    "AUDIO_DECODER_CRASHED": "Convert it to WAV or FLAC: this file kills its decoder.",
    "AUDIO_DECODER_TIMEOUT": "Convert it to WAV or FLAC: decoding took longer than allowed.",
}


class SourceError(InvalidRequest):
    """The URI names nothing that can be read (missing file, forbidden place, bad scheme)."""

    reason = "SOURCE_NOT_FOUND"
    next_step = "Check the URI: the worker must be able to read it."


class SourceNotReadable(SourceError):
    """The file is there, but the user that this process runs as may not read it."""

    reason = "SOURCE_NOT_READABLE"
    next_step = (
        "Let that user read it (chmod, setfacl), or run the worker as a user who may: "
        "SEGUE_UID and SEGUE_GID in .env with Docker Compose. Then replay it: "
        "segue deadletters replay --reason SOURCE_NOT_READABLE."
    )


class SourceForbidden(SourceError):
    """The caller may not have this read: a file outside of the media folders, a private address."""

    reason = "SOURCE_FORBIDDEN"
    next_step = (
        "Name a file below the folders of SEGUE_MEDIA_ROOTS, or a host with a public address or "
        "one of SEGUE_SOURCE_NETWORKS; or send the bytes: segue ingest --upload."
    )


class AudioGone(SourceError):
    """An upload whose audio is not kept, or not any more."""

    reason = "AUDIO_GONE"
    next_step = (
        "Upload the file again. Whether uploads are kept, and how much of them, SEGUE_KEPT_UPLOADS "
        "and SEGUE_KEPT_UPLOADS_MB say."
    )


class TrackIdTaken(InvalidRequest):
    """The id that follows from a place belongs to a track whose file has moved away from it."""

    reason = "TRACK_ID_TAKEN"
    next_step = "Name a track id of your own, or bring the whole folder up to date: segue sync."


class InvalidVector(InvalidRequest):
    """A vector of the wrong length, with non-finite values, or without direction."""

    reason = "VECTOR_INVALID"
    next_step = "Send the vector as the model gave it: finite, of the space's length, not all zero."


class InvalidPageToken(InvalidRequest):
    """A page token that was made by another request, or by nobody."""

    reason = "PAGE_TOKEN_INVALID"
    next_step = "Start again without page_token, and keep the rest of the request unchanged."


class NotFound(SegueError):
    """What the request names does not exist."""

    reason = "NOT_FOUND"
    next_step = "List what exists, or add it first."


class TrackNotFound(NotFound):
    """The catalogue holds no track with this id, nor with those of ``others``."""

    reason = "TRACK_NOT_FOUND"
    next_step = (
        "Ingest the track, or check its id with ListTracks. Each model has a catalogue of its own: "
        "after a change of the model, ingest the tracks again."
    )

    def __init__(self, track_id: str, space: str, others: Sequence[str] = ()) -> None:
        tracks = listed([repr(one) for one in (track_id, *others)])
        super().__init__(f"no track{'s' if others else ''} {tracks} in the catalogue of {space}")
        self.track_id = track_id


class JobNotFound(NotFound):
    """No ingest job with this id is known (jobs are kept for a week)."""

    reason = "JOB_NOT_FOUND"
    next_step = "Check the job id; finished jobs are forgotten after a week."


class CatalogueUnknown(NotFound):
    """The stack has no catalogue of that name."""

    reason = "CATALOGUE_UNKNOWN"
    next_step = (
        "Name one of those, or none for the default one. An operator adds catalogues with "
        "SEGUE_CATALOGUES, or segue up --catalogue NAME."
    )


class JobCancelled(SegueError):
    """Tracks cannot be added to a job that was cancelled."""

    reason = "JOB_CANCELLED"
    next_step = "Send the tracks as a new job, if they are still wanted."


class Unauthenticated(SegueError):
    """Whoever calls shows a token that this stack does not know."""

    reason = "TOKEN_INVALID"
    next_step = (
        "Show the token of this stack's owner (owner-token in its data folder, or "
        "SEGUE_OWNER_TOKEN_FILE), or none: guests may search and ingest."
    )


class NotPermitted(SegueError):
    """Only the owner of the stack may do this."""

    reason = "OWNER_ONLY"
    next_step = (
        "Show the owner's token: run the command as the user who started the stack, or set "
        "SEGUE_OWNER_TOKEN_FILE. To let everybody do everything: segue up --open."
    )


class ModelMisconfigured(SegueError):
    """The model repository or a model's config.pbtxt is wrong."""

    reason = "MODEL_MISCONFIGURED"
    next_step = "Correct the model's config.pbtxt and restart the inference server."


class DependencyMissing(SegueError):
    """A program or data file outside Python that a command needs is not installed."""

    reason = "DEPENDENCY_MISSING"
    next_step = "Install it and run the command again."


class NoRoomForUploads(SegueError):
    """What is kept of uploads has reached its bound, and none of it is to go."""

    reason = "KEPT_UPLOADS_FULL"
    next_step = (
        "Delete tracks that were uploaded, raise SEGUE_KEPT_UPLOADS_MB, or let the oldest go: "
        "SEGUE_KEPT_UPLOADS_FULL=oldest-out."
    )


class ListenersFolderUnusable(SegueError):
    """The folder of what listeners did cannot be written or read, or holds a file that is none."""

    reason = "LISTENERS_FOLDER_UNUSABLE"
    next_step = (
        "Make room on its disk, or let the query service's user write it (chown). A file that is "
        "named as damaged: bring it back from a backup, or move it away."
    )


class SpaceMismatch(SegueError):
    """Vectors of two embedding spaces met; they are never compared."""

    reason = "SPACE_MISMATCH"
    next_step = "Use one model on both sides, or ingest the catalogue with the new model."


class HalvesMissing(InvalidRequest):
    """Sound and style were to be weighed, but the model does not tell them apart."""

    reason = "HALVES_MISSING"
    next_step = "Leave sound_weight out, or serve a model with halves, such as segue."


class GenreSpaceMissing(InvalidRequest):
    """The genre space was asked for, but no shares of genres are known, or not this track's."""

    reason = "GENRE_SPACE_MISSING"
    next_step = "Compare tracks or passages, or ingest with a model that hears genres."


class PassageMissing(InvalidRequest):
    """A passage was named that its track does not have."""

    reason = "PASSAGE_MISSING"
    next_step = "Name a passage within the track, or ingest its audio."


_LISTED_BYTES = 2_000
"""Of a list in a message: gRPC carries one in trailers, which clients take eight kilobytes of."""


def listed(names: Sequence[str]) -> str:
    """Names one by one, as long as a message may be; then how many more there are."""
    told: list[str] = []
    length = 0
    for name in names:
        length += len(name.encode("utf-8", "surrogatepass")) + 2
        if told and length > _LISTED_BYTES:
            return f"{', '.join(told)} and {len(names) - len(told)} more"
        told.append(name)
    return ", ".join(told)


class SeedsUnknown(InvalidRequest):
    """Some of several seeds are not known; ``seeds`` names each."""

    reason = "SEEDS_UNKNOWN"
    next_step = "Leave them out, or set skip_unknown_seeds to search by the rest."

    def __init__(self, seeds: Sequence[str]) -> None:
        super().__init__(f"these seeds are not known: {listed(seeds)}")
        self.seeds = tuple(seeds)


class SeedsContradictory(InvalidRequest):
    """The same seed counts for and against."""

    reason = "SEEDS_CONTRADICTORY"
    next_step = "Keep it on one side."


class SeedsAllNegative(InvalidRequest):
    """No seed counts for: there is nothing to look for."""

    reason = "SEEDS_ALL_NEGATIVE"
    next_step = "Give at least one seed with a positive weight."


class ListenerUnknown(NotFound):
    """Nothing is known of a listener."""

    reason = "LISTENER_UNKNOWN"
    next_step = "Record what the listener plays first, or search by other seeds."


class PlaylistImpossible(InvalidRequest):
    """No playlist satisfies what is asked for."""

    reason = "PLAYLIST_IMPOSSIBLE"
    next_step = "Loosen the filter or the caps, or ask for fewer tracks."


class SeedsOverLength(InvalidRequest):
    """The seeds that a playlist is to begin with are more than it is to have."""

    reason = "SEEDS_OVER_LENGTH"
    next_step = "Ask for a longer playlist, give fewer seeds, or do not begin with them."


class PathImpossible(InvalidRequest):
    """No path leads from one track to the other as asked for."""

    reason = "PATH_IMPOSSIBLE"
    next_step = "Choose two different tracks, loosen the filter, or ask for fewer tracks."


class TrackChanged(InvalidRequest):
    """A track is not as it was when its caller read it."""

    reason = "TRACK_CHANGED"
    next_step = "Read the track again, and decide again what to change."


class InteractionsUnusable(InvalidRequest):
    """A file of interactions cannot be read, or holds rows that are none."""

    reason = "INTERACTIONS_UNUSABLE"
    next_step = (
        "Correct the rows: user_id,track_id and kind (play, skip, like, dislike) or weight; "
        "occurred_at and played_seconds may follow."
    )


class FactorsNotFound(NotFound):
    """No factors are published, or not this version of them."""

    reason = "FACTORS_NOT_FOUND"
    next_step = "See what there is with: segue cf list. Publish some with: segue cf train"


class FactorsInUse(InvalidRequest):
    """The version of factors that is served cannot be removed alone."""

    reason = "FACTORS_IN_USE"
    next_step = "Serve another one first (segue cf use VERSION), or remove it with --current."


class FactorsTooLarge(SegueError):
    """Factors take more memory where they are published than they may."""

    reason = "FACTORS_TOO_LARGE"
    next_step = (
        "Train with fewer --factors, or raise SEGUE_FACTORS_MB: three versions have to fit into "
        "the queue's memory (SEGUE_QUEUE_MEMORY_MB)."
    )


class FactorsUnusable(SegueError):
    """Factors are damaged, or were published by another version of Segue."""

    reason = "FACTORS_UNUSABLE"
    next_step = "Publish them again: segue cf train."


class RankerNotFound(NotFound):
    """No ranker is published, or not this version of it."""

    reason = "RANKER_NOT_FOUND"
    next_step = "See what there is with: segue rank list. Publish one with: segue rank train"


class RankerInUse(InvalidRequest):
    """The version of a ranker that is served cannot be removed alone."""

    reason = "RANKER_IN_USE"
    next_step = "Serve another one first (segue rank use VERSION), or remove it with --current."


class RankerNotLearned(InvalidRequest):
    """What listeners did says too little of what they chose after they had heard something else."""

    reason = "RANKER_NOT_LEARNED"
    next_step = "Train on interactions of more listeners, over a longer time."


class RankerUnusable(SegueError):
    """A ranker is damaged, or looks at something that is not known here."""

    reason = "RANKER_UNUSABLE"
    next_step = "Publish it again: segue rank train."


class MapNotFound(NotFound):
    """No map of the catalogue is there yet, or not this version any more."""

    reason = "MAP_NOT_FOUND"
    next_step = "Wait until it is made; see: segue map show. Have it made: segue map build."


class MapInUse(InvalidRequest):
    """The version of the map that is served cannot be removed."""

    reason = "MAP_IN_USE"
    next_step = "Have another one made first: segue map build."


class MapUnusable(SegueError):
    """The map is damaged, too large, or of another version of Segue."""

    reason = "MAP_UNUSABLE"
    next_step = "Have it made again: segue map build --anew."


class Unavailable(SegueError):
    """A part that Segue needs does not answer now."""

    reason = "UNAVAILABLE"
    next_step = "Try again in a moment."
    retryable = True


class Overloaded(Unavailable):
    """More is asked for at once than the service takes.

    Attributes
    ----------
    retry_after_seconds
        When to ask again at the earliest.
    """

    reason = "OVERLOADED"
    next_step = "Send less at once, and try again in a moment."

    def __init__(
        self, message: str, *, reason: str | None = None, retry_after_seconds: float = 1.0
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_seconds = retry_after_seconds


class EmbedderUnavailable(Unavailable):
    """Triton does not answer, or answers with tensors that are not vectors."""

    reason = "EMBEDDER_UNAVAILABLE"


class IndexUnavailable(Unavailable):
    """The vector index does not answer."""

    reason = "INDEX_UNAVAILABLE"


class QueueUnavailable(Unavailable):
    """The queue, a Redis or Valkey, does not answer."""

    reason = "QUEUE_UNAVAILABLE"


class QueueFull(Overloaded, QueueUnavailable):
    """The queue has no room for more tracks until some are done."""

    reason = "QUEUE_FULL"
    next_step = (
        "Wait until tracks are ingested and send the rest then. Where it stays full, add workers, "
        "or give the queue more memory."
    )


class InteractionsFull(Overloaded, QueueUnavailable):
    """No more interactions are taken until those that wait are written to files."""

    reason = "INTERACTIONS_FULL"
    next_step = (
        "Wait and send them again. Where it stays full: set SEGUE_LISTENERS_FOLDER for the query "
        "service and install the extra segue[export] there, see in its log why files cannot be "
        "written, or raise SEGUE_MOST_WAITING_INTERACTIONS."
    )


class FactorsBusy(Unavailable):
    """Factors are being published by somebody else."""

    reason = "FACTORS_BUSY"
    next_step = "Wait until they are published, a minute at most after their publisher died."


class NoWorker(Unavailable):
    """No ingest worker lives."""

    reason = "NO_WORKER"
    next_step = (
        "Start one, or see why it ended. Accepted tracks are safe and go on with the next worker."
    )


class SourceUnavailable(Unavailable):
    """The place of the audio does not answer now (an HTTP 5xx, a timeout)."""

    reason = "SOURCE_UNAVAILABLE"


class SourceTooSlow(SourceUnavailable):
    """The place of the audio answers, but too slowly: it would keep others waiting."""

    reason = "SOURCE_TOO_SLOW"
    next_step = (
        "Try again when it is quicker, send the bytes (segue ingest --upload), or lower "
        "SEGUE_MIN_DOWNLOAD_BYTES_PER_SECOND."
    )


class CollaborativeUnavailable(Unavailable):
    """The collaborative-score source does not answer; acoustic order can be served instead."""

    reason = "COLLABORATIVE_UNAVAILABLE"


class FactorsUnavailable(Unavailable):
    """The factors of tracks and listeners cannot be read or changed now."""

    reason = "FACTORS_UNAVAILABLE"


class DeadlineExceeded(Unavailable):
    """The caller's time ran out before the answer was ready."""

    reason = "DEADLINE_EXCEEDED"
    next_step = "Allow more time, or ask for less."


def next_step_for(reason: str) -> str:
    """Next step of a reason that arrives without one; empty for a reason that is not known here."""
    if reason in AUDIO_REASONS:
        return AUDIO_REASONS[reason]
    kinds = [SegueError]
    while kinds:
        kind = kinds.pop()
        if kind.reason == reason:
            return kind.next_step
        kinds += kind.__subclasses__()
    return ""
