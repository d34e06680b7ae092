"""What an embedded stack consists of: commands, addresses and settings of its parts."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from segue.secret_file import read_secret
from segue.settings import (
    DEFAULT_MODEL,
    AccessSettings,
    IndexSettings,
    KeptUploadSettings,
    ListenerSettings,
    ModelSettings,
    QuerySettings,
    QueueSettings,
    TelemetrySettings,
    WebSettings,
    from_environment,
    to_environment,
)
from segue.stack.folder import DataFolder, StackState
from segue.stack.part import PartPlan
from segue.stack.ports import LOOPBACK, Ports
from segue.stack.probes import grpc_serving, http_ready, redis_ready
from segue.stack.triton import TritonLaunch, plan_launch
from segue.stack.valkey import SOCKET, USER, valkey_command, write_configuration

_SEGUE = (sys.executable, "-m", "segue")

_MALLOC = ":".join(
    f"glibc.malloc.{name}={value}"
    for name, value in (("hugetlb", 1), ("mmap_threshold", 2**30), ("trim_threshold", 2**28))
)
"""Memory for large requests comes in pages of 2 MiB and is used again: a clip of 32 MiB is copied
five times, and each copy takes 4 ms instead of 19, most of which goes into 8 192 page faults."""


@dataclass(frozen=True, slots=True)
class InferenceServer:
    """Where the stack has its vectors computed.

    Attributes
    ----------
    url
        ``host:port`` or ``unix:/path`` of its gRPC endpoint.
    device
        ``gpu`` or ``cpu``.
    """

    url: str
    device: str


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What the caller of ``segue up`` chooses.

    Attributes
    ----------
    model
        Name in the model repository: the one that embeds.
    more_models
        Further ones that the embedded inference server serves beside it.
    repository
        Model repository; None: the one that comes with Segue.
    triton
        An inference server to use instead of an embedded one, or None.
    collaborative_scores
        Scores file that a reference collaborative server is started over, or None.
    host
        Address on which the gRPC API listens. Queue and inference server have sockets in a folder
        that is closed to other users; the rest stays on the loopback.
    page_host
        Address on which the page listens.
    insecure
        Whether these addresses may be ones that other machines reach.
    open_to_everybody
        Whether every caller may do what the owner may.
    watch
        Folders of music that the catalogue follows.
    """

    ports: Ports
    model: str = DEFAULT_MODEL
    more_models: tuple[str, ...] = ()
    repository: Path | None = None
    triton: InferenceServer | None = None
    collaborative_scores: Path | None = None
    host: str = LOOPBACK
    page_host: str = LOOPBACK
    insecure: bool = False
    open_to_everybody: bool = False
    watch: tuple[Path, ...] = ()

    @property
    def listen(self) -> str:
        """Address and port of the gRPC API."""
        return _address(self.host, self.ports.query)

    @property
    def api(self) -> str:
        """Where this machine reaches the gRPC API."""
        return _address(_from_here(self.host), self.ports.query)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _from_here(host: str) -> str:
    """The host by which this machine reaches what listens on one."""
    return LOOPBACK if host in ("0.0.0.0", "::") else host  # noqa: S104  # only compared


def plan_stack(
    folder: DataFolder, options: StackOptions, sockets: Path
) -> tuple[list[PartPlan], StackState]:
    """Plan the parts of a stack.

    Settings of the environment (``SEGUE_*``) hold, but for the addresses and places that make the
    parts one stack.

    Parameters
    ----------
    sockets
        Folder of mode 0700 for the sockets of queue and inference server.

    Returns
    -------
    tuple
        The parts in the order of starting, and the state to publish.

    Raises
    ------
    ModelMisconfigured
        When the model is not in the repository.
    DependencyMissing
        When something that the stack needs is not installed.
    InvalidSetting
        When a variable of the environment is wrong.
    """
    socket = sockets / SOCKET
    memory_mb = from_environment(QueueSettings).queue_memory_mb
    launch: TritonLaunch | None = None
    if options.triton is None:
        launch = _launch(folder, options, sockets)
        server = InferenceServer(launch.grpc_url, launch.device)
    else:
        server = options.triton
    shared = _shared_settings(folder, options, server.url, socket)
    query, worker = _query(folder, options, shared), _worker(folder, options, shared)
    plans = [
        PartPlan(
            name="queue",
            command=valkey_command(
                folder.queue, configuration=write_configuration(folder, socket, memory_mb)
            ),
            environment=dict(os.environ),
            ready=lambda: redis_ready(socket, USER, read_secret(folder.queue_password_file)),
            address=f"unix:{socket}",
        )
    ]
    if launch is not None:
        plans.append(_triton(launch))
    if options.collaborative_scores is not None:
        plans.append(_collaborative(options, options.collaborative_scores, shared))
    plans += [query, worker, _web(folder, options, shared)]
    if options.watch:
        plans.append(_sync(folder, options.watch, shared))
    state = StackState(
        pid=os.getpid(),
        address=options.api,
        model=options.model,
        device=server.device,
        shared_memory_prefix="" if launch is None else launch.shared_memory_prefix,
        socket_folder=os.fspath(sockets),
    )
    return plans, state


def _launch(folder: DataFolder, options: StackOptions, sockets: Path) -> TritonLaunch:
    return plan_launch(
        folder.triton,
        models=[options.model, *options.more_models],
        repository=options.repository,
        sockets=sockets,
        metrics_port=options.ports.triton_metrics,
    )


def _triton(launch: TritonLaunch) -> PartPlan:
    return PartPlan(
        name="triton",
        command=launch.command,
        environment=launch.environment,
        folder=launch.folder,
        ready=lambda: grpc_serving(launch.grpc_url),
        address=launch.grpc_url,
        metrics=launch.metrics_url.removeprefix("http://"),
        clean_up=launch.clean_up,
    )


def _shared_settings(
    folder: DataFolder, options: StackOptions, triton_url: str, queue_socket: Path
) -> dict[str, str]:
    model = replace(from_environment(ModelSettings), triton_url=triton_url, model=options.model)
    queue = replace(
        from_environment(QueueSettings),
        redis_url=f"unix://{USER}@{queue_socket}?db=0",
        redis_password_file=os.fspath(folder.queue_password_file),
        spool=folder.spool,
    )
    kept = replace(from_environment(KeptUploadSettings), kept_uploads=os.fspath(folder.uploads))
    access = AccessSettings(
        owner_token_file=os.fspath(folder.owner_token_file),
        open_to_everybody=options.open_to_everybody,
    )
    chosen = (model, queue, kept, access)
    return {**os.environ, **{k: v for one in chosen for k, v in to_environment(one).items()}}


def _query(folder: DataFolder, options: StackOptions, shared: Mapping[str, str]) -> PartPlan:
    host, ports, address = LOOPBACK, options.ports, options.api
    settings = replace(
        from_environment(QuerySettings), listen=options.listen, insecure=options.insecure
    )
    if options.collaborative_scores is not None:
        settings = replace(settings, collaborative_url=f"grpc://{host}:{ports.collaborative}")
    elif not settings.collaborative_url:
        settings = replace(settings, collaborative_url="factors:")
    index = replace(from_environment(IndexSettings), index_url=f"edge://{folder.index}")
    listeners = replace(
        from_environment(ListenerSettings), listeners_folder=os.fspath(folder.listeners)
    )
    return PartPlan(
        name="query",
        command=(*_SEGUE, "query"),
        environment={
            **shared,
            **to_environment(settings),
            **to_environment(index),
            **to_environment(listeners),
            **_telemetry(host, ports.query_metrics),
            "GLIBC_TUNABLES": ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), _MALLOC))),
        },
        ready=lambda: grpc_serving(address, "segue.v1.SimilarityService"),
        address=address,
        metrics=f"{host}:{ports.query_metrics}/metrics",
        stop_seconds=settings.shutdown_grace_seconds + 15.0,
    )


def _worker(folder: DataFolder, options: StackOptions, shared: Mapping[str, str]) -> PartPlan:
    host, ports = LOOPBACK, options.ports
    index = replace(from_environment(IndexSettings), index_url=f"segue://{options.api}")
    samples = folder.run / "worker-metrics"
    metrics = f"{host}:{ports.worker_metrics}/metrics"
    return PartPlan(
        name="worker",
        command=(*_SEGUE, "worker"),
        environment={
            **shared,
            **to_environment(index),
            **_telemetry(host, ports.worker_metrics),
            "PROMETHEUS_MULTIPROC_DIR": os.fspath(samples),
        },
        ready=lambda: http_ready(f"http://{metrics}"),
        metrics=metrics,
        stop_seconds=30.0,
    )


def _web(folder: DataFolder, options: StackOptions, shared: Mapping[str, str]) -> PartPlan:
    host, ports = LOOPBACK, options.ports
    settings = replace(
        from_environment(WebSettings),
        web_listen=_address(options.page_host, ports.web),
        insecure=options.insecure,
        web_query=options.api,
        web_folder=folder.web,
        web_metrics_pages=",".join(
            f"http://{host}:{port}/metrics" for port in (ports.query_metrics, ports.worker_metrics)
        ),
    )
    here = _address(_from_here(options.page_host), ports.web)
    address = f"http://{here}{settings.web_prefix}/"
    return PartPlan(
        name="web",
        command=(*_SEGUE, "web"),
        environment={
            **shared,
            **to_environment(settings),
            **_telemetry(host, ports.web_metrics),
        },
        ready=lambda: http_ready(f"{address}healthz"),
        address=address,
        metrics=f"{host}:{ports.web_metrics}/metrics",
    )


def _sync(folder: DataFolder, watched: tuple[Path, ...], shared: Mapping[str, str]) -> PartPlan:
    async def ready() -> bool:
        return True  # it serves nobody, and waits for the others by itself

    environment = {name: value for name, value in shared.items() if name != "SEGUE_ADDRESS"}
    return PartPlan(
        name="sync",
        command=(*_SEGUE, "sync", "--follow", "--data", *map(os.fspath, (folder.root, *watched))),
        environment=environment,
        ready=ready,
        needs=("query", "worker"),
    )


def _collaborative(options: StackOptions, scores: Path, shared: Mapping[str, str]) -> PartPlan:
    address = f"{LOOPBACK}:{options.ports.collaborative}"
    return PartPlan(
        name="collaborative",
        command=(
            *_SEGUE,
            "collaborative",
            "serve",
            "--listen",
            address,
            "--scores",
            os.fspath(scores),
        ),
        environment=dict(shared),
        ready=lambda: grpc_serving(address),
        address=address,
    )


def _telemetry(host: str, port: int) -> dict[str, str]:
    settings = from_environment(TelemetrySettings)
    return to_environment(replace(settings, metrics_host=host, metrics_port=port))
