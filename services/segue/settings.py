"""Settings: frozen, typed, checked where they are made, read from the environment once.

Each process reads one class with :func:`from_environment`; the names are ``SEGUE_`` and the field's
name in capitals.
"""

from __future__ import annotations

import os
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from segue.catalogues import Catalogues, catalogue_folder
from segue.errors import SegueError
from segue.object_names import ObjectName

PREFIX = "SEGUE_"

Network: TypeAlias = IPv4Network | IPv6Network

DEFAULT_MODEL = "segue"
"""Model of the repository that embeds where none is named."""


class InvalidSetting(SegueError):
    """An environment variable is missing, unreadable or out of range."""

    reason = "SETTING_INVALID"
    next_step = "Correct the environment variable and start the process again."


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Bounds on what is decoded.

    Attributes
    ----------
    max_upload_bytes
        Largest upload, and largest file that is fetched from a URL.
    max_file_bytes
        Largest file of this machine.
    audio_damage
        ``accept``: a damaged file is taken while enough of it decodes; ``refuse``: none is.
    audio_estimates
        Whether workers listen for tempo and key where nothing says them.
    """

    max_duration_seconds: float = 4 * 3600.0
    max_upload_bytes: int = 512 * 1024 * 1024
    max_file_bytes: int = 4 * 1024 * 1024 * 1024
    audio_damage: str = "accept"
    audio_estimates: bool = True

    def __post_init__(self) -> None:
        _require(self.max_file_bytes > 0, "max_file_bytes", "must be positive")
        _require(self.max_duration_seconds > 0, "max_duration_seconds", "must be positive")
        _require(self.max_upload_bytes > 0, "max_upload_bytes", "must be positive")
        known = ("accept", "refuse")
        _require(self.audio_damage in known, "audio_damage", f"is not one of {known}")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Where inference runs and which model is used.

    Attributes
    ----------
    model_version
        0: the newest that the server has.
    """

    triton_url: str = "127.0.0.1:8001"
    model: str = DEFAULT_MODEL
    model_version: int = 0
    embed_timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        _require(bool(self.model), "model", "must name a model")
        _require(self.model_version >= 0, "model_version", "must not be negative")
        _require(self.embed_timeout_seconds > 0, "embed_timeout_seconds", "must be positive")


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where vectors live: ``edge:///path``, ``qdrant://host:6334``, ``segue://host:port``.

    Qdrant: ``qdrants://`` asks for TLS; ``index_api_key`` is sent with every call.
    """

    index_url: str = "edge:///tmp/segue/index"
    index_api_key: str = ""
    index_quantisation: bool = False
    index_hnsw_m: int = 16
    index_hnsw_ef_construct: int = 128
    index_search_ef: int = 224
    index_timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        scheme = urlsplit(self.index_url).scheme
        known = {"edge", "qdrant", "qdrants", "segue", "exact"}
        _require(scheme in known, "index_url", f"has scheme {scheme!r}, not one of {sorted(known)}")
        _require(4 <= self.index_hnsw_m <= 128, "index_hnsw_m", "must lie in [4, 128]")
        _require(self.index_hnsw_ef_construct >= 8, "index_hnsw_ef_construct", "must be >= 8")
        _require(self.index_search_ef >= 8, "index_search_ef", "must be at least 8")
        _require(self.index_timeout_seconds > 0, "index_timeout_seconds", "must be positive")


@dataclass(frozen=True, slots=True)
class CatalogueSettings:
    """Which catalogues there are, the same for query services and workers.

    Attributes
    ----------
    catalogues
        Names of those besides the default one, separated by ``,``. One that is not named any more
        is not served, and stays where it is.
    """

    catalogues: str = ""

    def __post_init__(self) -> None:
        try:
            _ = self.known
        except ValueError as exc:
            raise InvalidSetting(f"{variable_name('catalogues')}: {exc}") from exc

    @property
    def known(self) -> Catalogues:
        """The catalogues. Raises ``ValueError`` when a name cannot be one."""
        return Catalogues.of(self.catalogues)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The queue, a Redis or Valkey: Celery's broker, the jobs and the dead letters.

    Attributes
    ----------
    redis_url
        ``redis://user@host:port/0``, ``rediss://`` for TLS, or ``unix://user@/path?db=0``.
    redis_password_file
        File with the queue's password, where the address carries none.
    queue_memory_mb
        Memory of the embedded queue, in MiB. Tracks are refused before it is full.
    spool
        Folder for uploaded files, readable by query process and worker.
    media_roots
        Folders (separated by ``:``) from which ``file://`` URIs of guests may be read; empty: none.
        The owner's are read from anywhere; where this is set, accounts hear those below it only.
    media_buckets
        Folders of object stores (``s3://bucket/folder/``, separated by ``,``) from which ``s3://``
        URIs of guests may be read; empty: none.
    source_networks
        Networks (separated by ``,``) that URLs may lead to beside public addresses.
    source_proxy
        URL of a proxy that fetches all URLs, and decides which; empty: none.
    min_download_bytes_per_second
        A URL that gives less is given up.
    outage_patience_seconds
        How long a track is tried again while a part that it needs does not answer.
    """

    redis_url: str = "redis://127.0.0.1:6379/0"
    redis_password_file: str = ""
    queue_memory_mb: int = 512
    spool: Path = Path("/tmp/segue/spool")  # noqa: S108  # a default for a laptop; always set by `segue up`
    media_roots: str = ""
    media_buckets: str = ""
    source_networks: str = ""
    source_proxy: str = ""
    min_download_bytes_per_second: int = 32 * 1024
    task_attempts: int = 5
    task_time_limit_seconds: float = 900.0
    task_memory_limit_mb: int = 1_024
    worker_concurrency: int = 2
    retry_base_seconds: float = 1.0
    retry_cap_seconds: float = 60.0
    outage_patience_seconds: float = 900.0

    def __post_init__(self) -> None:
        known = ("redis", "rediss", "unix")
        scheme = urlsplit(self.redis_url).scheme
        _require(scheme in known, "redis_url", f"has scheme {scheme!r}, not one of {known}")
        _require(self.queue_memory_mb >= 16, "queue_memory_mb", "must be at least 16")
        try:
            _ = self.object_folders
        except ValueError as exc:
            raise InvalidSetting(f"{variable_name('media_buckets')} {exc}") from exc
        try:
            _ = self.networks
        except ValueError as exc:
            raise InvalidSetting(f"{variable_name('source_networks')}: {exc}") from exc
        roots = self.media_folders
        _require(all(root.is_absolute() for root in roots), "media_roots", "must be absolute paths")
        scheme = self.source_proxy.partition(":")[0]
        _require(scheme in {"", "http", "https"}, "source_proxy", "must be an http:// URL")
        rate = self.min_download_bytes_per_second
        _require(rate >= 1, "min_download_bytes_per_second", "must be at least 1")
        _require(self.task_attempts >= 1, "task_attempts", "must be at least 1")
        _require(self.task_time_limit_seconds > 0, "task_time_limit_seconds", "must be positive")
        _require(self.task_memory_limit_mb >= 256, "task_memory_limit_mb", "must be at least 256")
        _require(self.worker_concurrency >= 1, "worker_concurrency", "must be at least 1")
        _require(self.retry_base_seconds > 0, "retry_base_seconds", "must be positive")
        _require(self.outage_patience_seconds >= 0, "outage_patience_seconds", "must be at least 0")
        _require(self.retry_cap_seconds >= self.retry_base_seconds, "retry_cap_seconds",
                 "must not be below retry_base_seconds")  # fmt: skip

    @property
    def media_folders(self) -> tuple[Path, ...]:
        """The media roots."""
        return tuple(Path(root) for root in self.media_roots.split(":") if root)

    @property
    def object_folders(self) -> tuple[ObjectName, ...]:
        """The media buckets. Raises ``ValueError`` when one is none."""
        parts = self.media_buckets.split(",")
        return tuple(ObjectName.of(part.strip()) for part in parts if part.strip())

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks of ``source_networks``. Raises ``ValueError`` when one is none."""
        parts = self.source_networks.split(",")
        return tuple(ip_network(part.strip()) for part in parts if part.strip())


@dataclass(frozen=True, slots=True)
class KeptUploadSettings:
    """Whether the audio of uploads is kept once they are indexed.

    Attributes
    ----------
    kept_uploads
        Folder that query service and workers share; empty: nothing is kept.
    kept_uploads_mb
        Most that is kept, in MiB; 0: nothing.
    kept_uploads_full
        ``oldest-out``: the oldest give way to new ones; ``refuse``: new ones are refused.
    """

    kept_uploads: str = ""
    kept_uploads_mb: int = 20 * 1024
    kept_uploads_full: str = "oldest-out"

    def __post_init__(self) -> None:
        absolute = not self.kept_uploads or Path(self.kept_uploads).is_absolute()
        _require(absolute, "kept_uploads", "must be an absolute path")
        _require(self.kept_uploads_mb >= 0, "kept_uploads_mb", "must not be negative")
        known = ("oldest-out", "refuse")
        _require(self.kept_uploads_full in known, "kept_uploads_full", f"is not one of {known}")


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """What is recorded of listeners, the same for all replicas of a query service.

    Attributes
    ----------
    listeners_folder
        Folder that all replicas share, into which recorded interactions are written as Parquet
        files; empty: they stay in the queue's memory, and are refused once that is full of them.
    most_waiting_interactions
        Recorded interactions that may wait to be written; about 100 bytes of memory each.
    most_recent_listeners
        Listeners whose recent plays are kept in memory, about 12 kB each; the longest idle go.
    """

    listeners_folder: str = ""
    most_waiting_interactions: int = 200_000
    most_recent_listeners: int = 10_000

    def __post_init__(self) -> None:
        absolute = not self.listeners_folder or Path(self.listeners_folder).is_absolute()
        _require(absolute, "listeners_folder", "must be an absolute path")
        least = 1_000
        _require(self.most_waiting_interactions >= least, "most_waiting_interactions",
                 f"must be at least {least}")  # fmt: skip
        _require(self.most_recent_listeners >= 1, "most_recent_listeners", "must be at least 1")

    def folder_of(self, catalogue: str) -> Path | None:
        """Where interactions with a catalogue are written; None: nowhere."""
        if not self.listeners_folder:
            return None
        return catalogue_folder(Path(self.listeners_folder), catalogue)


@dataclass(frozen=True, slots=True)
class FactorSettings:
    """Published factors, which ``SEGUE_COLLABORATIVE_URL=factors:`` serves.

    Attributes
    ----------
    factors_mb
        What one version may take of the queue's memory, in MiB. Two are kept, and a third one while
        it is published.
    factors_poll_seconds
        How often a query service looks whether others are to be served.
    """

    factors_mb: int = 128
    factors_poll_seconds: float = 20.0

    def __post_init__(self) -> None:
        _require(self.factors_mb >= 1, "factors_mb", "must be at least 1")
        _require(0 < self.factors_poll_seconds <= 60, "factors_poll_seconds", "must lie in (0, 60]")


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """The gRPC query service.

    Attributes
    ----------
    collaborative_url
        ``factors:`` for published factors, ``grpc://host:port`` of a CollaborativeScoreService,
        ``grpcs://`` over TLS, ``entrypoint:NAME`` for an in-process hook, ``scores:///path`` for a
        scores file, or empty for none.
    collaborative_ca
        PEM file with the certificates that a ``grpcs://`` server's is trusted by; empty: those that
        the system trusts.
    collaborative_token
        Sent to a CollaborativeScoreService with every call; empty: none.
    insecure
        Permit to listen where other machines reach it, though calls are not encrypted.
    """

    listen: str = "127.0.0.1:50051"
    insecure: bool = False
    collaborative_url: str = ""
    collaborative_ca: str = ""
    collaborative_token: str = ""
    collaborative_timeout_seconds: float = 0.15
    default_timeout_seconds: float = 10.0
    shutdown_grace_seconds: float = 5.0

    def __post_init__(self) -> None:
        positive = ("collaborative_timeout_seconds", "default_timeout_seconds")
        for name in positive:
            _require(getattr(self, name) > 0, name, "must be positive")
        _require(self.shutdown_grace_seconds >= 0, "shutdown_grace_seconds", "must not be negative")
        scheme = self.collaborative_url.partition(":")[0]
        known = {"", "factors", "grpc", "grpcs", "entrypoint", "scores"}
        _require(scheme in known, "collaborative_url", f"has scheme {scheme!r}")
        token = self.collaborative_token
        word = token.isascii() and token.isprintable() and " " not in token
        _require(word, "collaborative_token", "must be one word of printable ASCII characters")
        only_tls = not self.collaborative_ca or scheme == "grpcs"
        _require(only_tls, "collaborative_ca", "is for a grpcs:// source only")


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The page, the HTTP API and OpenSubsonic.

    Attributes
    ----------
    web_listen
        Where they are served.
    insecure
        As in ``QuerySettings``.
    web_query
        ``host:port`` of the query service.
    web_prefix
        Path that all addresses begin with, such as ``/segue``, where a proxy keeps it; empty: none.
    web_folder
        Folder for what clients send and for accounts, closed to other users; all replicas share it.
    web_clips_mb
        Most that clips of callers take there, in MiB.
    web_cache_mb
        Most that fetched audio, other encodings of it, drawings and covers take there, in MiB.
    web_hosts
        Names (separated by ``,``) that clients may call the page by, beside numbers of addresses,
        ``localhost`` and the host of ``web_listen``.
    web_proxies
        Networks (separated by ``,``) of proxies whose word is taken for where a request came from
        and by which address; empty: nobody's.
    web_forwarded
        Headers by which they say so: ``x-forwarded`` for ``X-Forwarded-For``, ``-Proto``, ``-Host``
        and ``-Prefix``, ``forwarded`` for that of RFC 7239. A proxy has to set those itself, as it
        may pass on what a client writes into others.
    web_session_hours
        How long whoever signed in stays so.
    web_idle_seconds
        Longest pause of a request that is coming in, or of an answer that is taken in, and the time
        over which it is seen whether they go on fast enough (:mod:`segue.pace`).
    web_most_connections
        Connections at the same time; one machine that is no proxy may have half of them.
    web_metrics_pages
        URLs (separated by ``,``) of the metrics of query services and workers, for the view of
        operations; a name that stands for several addresses is asked at each.
    """

    web_listen: str = "127.0.0.1:50056"
    insecure: bool = False
    web_query: str = "127.0.0.1:50051"
    web_prefix: str = ""
    web_folder: Path = Path("/tmp/segue/web")  # noqa: S108  # a default for a laptop; always set by `segue up`
    web_clips_mb: int = 1_024
    web_cache_mb: int = 2_048
    web_hosts: str = ""
    web_proxies: str = ""
    web_forwarded: str = "x-forwarded"
    web_session_hours: float = 336.0
    web_idle_seconds: float = 30.0
    web_most_connections: int = 512
    web_metrics_pages: str = ""

    def __post_init__(self) -> None:
        for name in ("web_clips_mb", "web_cache_mb"):
            _require(getattr(self, name) >= 64, name, "must be at least 64")
        prefix = self.web_prefix
        proper = not prefix or bool(re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix))
        _require(proper, "web_prefix", "must be a path such as /music, without a / at its end")
        try:
            _ = self.proxy_networks
        except ValueError as exc:
            raise InvalidSetting(f"{variable_name('web_proxies')}: {exc}") from exc
        known = ("x-forwarded", "forwarded")
        _require(self.web_forwarded in known, "web_forwarded", f"is not one of {known}")
        for name in ("web_session_hours", "web_idle_seconds"):
            _require(getattr(self, name) > 0, name, "must be positive")
        _require(self.web_most_connections >= 4, "web_most_connections", "must be at least 4")
        urls = [urlsplit(url) for url in self.metrics_pages]
        _require(all(url.scheme == "http" and url.hostname for url in urls), "web_metrics_pages",
                 "must hold http:// URLs")  # fmt: skip

    @property
    def host_names(self) -> frozenset[str]:
        """The names of ``web_hosts``, in small letters."""
        return frozenset(_parts(self.web_hosts.lower()))

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """The networks of ``web_proxies``. Raises ``ValueError`` when one is none."""
        return tuple(map(ip_network, _parts(self.web_proxies)))

    @property
    def metrics_pages(self) -> tuple[str, ...]:
        """The URLs of ``web_metrics_pages``."""
        return _parts(self.web_metrics_pages)


@dataclass(frozen=True, slots=True)
class MapSettings:
    """The map of the catalogue.

    Attributes
    ----------
    map_automatic
        Whether a query service has it made again when the catalogue has changed.
    map_tracks
        Tracks that have a place on it; of a larger catalogue a part.
    map_memory_mb
        Memory that a worker may take for making it, in MiB.
    map_seconds
        How long it may take to make.
    """

    map_automatic: bool = True
    map_tracks: int = 100_000
    map_memory_mb: int = 1_536
    map_seconds: float = 7_200.0

    def __post_init__(self) -> None:
        _require(1 <= self.map_tracks <= 200_000, "map_tracks", "must lie in [1, 200000]")
        _require(self.map_memory_mb >= 256, "map_memory_mb", "must be at least 256")
        _require(self.map_seconds > 0, "map_seconds", "must be positive")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """How the owner of a stack is known.

    Attributes
    ----------
    owner_token_file
        File with the owner's token: of the query service to know it by, of workers and commands to
        show it.
    owner_token
        The token itself, where a file cannot be had; before the file.
    open_to_everybody
        Let the query service permit everybody everything.
    """

    owner_token_file: str = ""
    owner_token: str = ""
    open_to_everybody: bool = False


@dataclass(frozen=True, slots=True)
class AdmissionSettings:
    """What the calls of a query service may take together.

    Of everything, others leave a quarter to the owner, and one account of the page has a quarter.

    Attributes
    ----------
    most_calls
        Calls that are being answered, but for those below.
    most_uploads, most_watches, most_reads
        Streams of these kinds; a watch of the health service counts too. Read are audio and covers.
    most_clips
        Searches by clip that are being answered or wait for a decoder.
    request_memory_mb
        Requests that are in memory, in MiB; what is made of them takes about three times as much.
    share_of_one_caller
        Share of everything that guests of one address (of IPv6: of one network of 64 bits) may
        take. 1 where all come through one proxy.
    stream_idle_seconds
        How long a caller may keep the service waiting, with the rest of a request, the next piece
        of an upload, or a response that it does not take in; and the time over which it is seen
        whether an upload goes on fast enough (:mod:`segue.pace`).
    upload_seconds, watch_seconds
        How long an upload and a watch may last, and a reading as a watch. A watch is taken up
        again.
    most_connections
        TCP connections to the service.
    """

    most_calls: int = 256
    most_uploads: int = 16
    most_reads: int = 32
    most_watches: int = 128
    most_clips: int = 32
    request_memory_mb: int = 256
    share_of_one_caller: float = 0.5
    stream_idle_seconds: float = 30.0
    upload_seconds: float = 3_600.0
    watch_seconds: float = 3_600.0
    most_connections: int = 1_024

    def __post_init__(self) -> None:
        for name in ("most_calls", "most_uploads", "most_watches", "most_reads", "most_clips"):
            _require(getattr(self, name) >= 4, name, "must be at least 4")
        _require(self.request_memory_mb >= 128, "request_memory_mb", "must be at least 128")
        _require(0 < self.share_of_one_caller <= 1, "share_of_one_caller", "must lie in (0, 1]")
        for name in ("stream_idle_seconds", "upload_seconds", "watch_seconds"):
            _require(getattr(self, name) > 0, name, "must be positive")
        _require(self.most_connections >= 1, "most_connections", "must be at least 1")


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Where metrics are served (0: nowhere) and how the process logs.

    Attributes
    ----------
    insecure
        As in ``QuerySettings``.
    """

    metrics_host: str = "127.0.0.1"
    insecure: bool = False
    metrics_port: int = 0
    log_level: str = "INFO"

    def __post_init__(self) -> None:
        _require(0 <= self.metrics_port < 65_536, "metrics_port", "must lie in [0, 65535]")
        levels = {"DEBUG", "INFO", "WARNING", "ERROR"}
        _require(self.log_level in levels, "log_level", f"must be one of {sorted(levels)}")


S = TypeVar("S")


def from_environment(kind: type[S], environment: Mapping[str, str] | None = None) -> S:
    """Read one settings class from the environment; what is not set keeps its default.

    Raises
    ------
    InvalidSetting
        When a variable cannot be read as its type, or lies out of range.
    """
    environment = os.environ if environment is None else environment
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]  # every settings class is a dataclass
        variable = variable_name(field.name)
        text = environment.get(variable)
        if text is None:
            if field.default is MISSING and field.default_factory is MISSING:
                raise InvalidSetting(f"{variable} is not set")
            continue
        values[field.name] = _parse(variable, text, hints[field.name])
    return kind(**values)


def to_environment(settings: object) -> dict[str, str]:
    """Environment that :func:`from_environment` reads back as ``settings``."""
    texts: dict[str, str] = {}
    for field in fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        texts[variable_name(field.name)] = str(int(value) if isinstance(value, bool) else value)
    return texts


def variable_name(field_name: str) -> str:
    """Environment variable of a settings field."""
    return PREFIX + field_name.upper()


def _parse(variable: str, text: str, hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    try:
        if hint is bool:
            return {"1": True, "true": True, "0": False, "false": False}[text.strip().lower()]
        return hint(text.strip())
    except (KeyError, ValueError) as exc:
        raise InvalidSetting(f"{variable} = {text!r} is not a {hint.__name__}") from exc


def _parts(text: str) -> tuple[str, ...]:
    """What stands between the commas of a text."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _require(fine: bool, name: str, complaint: str) -> None:
    if not fine:
        raise InvalidSetting(f"{variable_name(name)} {complaint}")
