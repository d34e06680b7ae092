"""The embedded inference server: how it is started, and stopped without leaving anything.

Triton finds backends in one folder, so that folder is prepared first: its Python backend with the
stub of the running Python, and Segue's own backends beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from segue.errors import DependencyMissing, EmbedderUnavailable, ModelMisconfigured
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL
from segue.stack.part_log import log_tail
from segue.stack.ports import LOOPBACK, free_ports
from segue.stack.probes import grpc_serving
from segue.stack.triton_wheel import TritonFiles, cached_triton

log = logging.getLogger(__name__)

READY_SECONDS = 60.0
_STOP_SECONDS = 10.0
_SOCKET = "triton.sock"
_SERVED = "served_models"
_BACKENDS = "backends"
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # where Triton's Python backend puts its regions


@dataclass(frozen=True, slots=True)
class TritonLaunch:
    """What starts one inference server, and where it then answers.

    Attributes
    ----------
    command, environment, folder
        For ``subprocess``; the environment is complete, and the paths of the command start at the
        folder: the server hands its stub's arguments to a shell, unquoted.
    grpc_url
        For the embedding client (``SEGUE_TRITON_URL``): a socket, ``unix:/path``.
    metrics_url
        Prometheus text.
    device
        ``gpu`` or ``cpu``: what the server will use.
    shared_memory_prefix
        Names of the server's regions under ``/dev/shm`` begin with it.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    grpc_url: str
    metrics_url: str
    device: str
    shared_memory_prefix: str

    def ready(self) -> bool:
        """Ask once whether the server and its models are ready."""
        # On a thread of its own: the caller's may have a running event loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, grpc_serving(self.grpc_url)).result()

    def clean_up(self) -> None:
        """Remove shared memory that a killed server left behind."""
        for region in _SHARED_MEMORY.glob(f"{self.shared_memory_prefix}*"):
            region.unlink(missing_ok=True)


def plan_launch(
    folder: Path,
    *,
    models: Sequence[str],
    repository: Path | None = None,
    sockets: Path | None = None,
    metrics_port: int = 0,
) -> TritonLaunch:
    """Prepare ``folder`` for the embedded server and say how to start it.

    It is reached by a socket alone, which is closed to other users as its folder is: it asks nobody
    who is calling, and parses what it gets in C++. Its metrics, which take no input, have a port on
    the loopback.

    Parameters
    ----------
    folder
        ``backends`` and ``served_models`` are written into it; the server is
        started in it. Preparing it again is harmless.
    models
        Models of the repository to serve; no other can be loaded later.
    repository
        Model repository; None: the one that comes with Segue.
    sockets
        Folder of mode 0700 for its socket, from :func:`segue.stack.sockets.socket_folder`; None:
        ``folder``, for one that is as closed and as short.
    metrics_port
        0 chooses a free port.

    Raises
    ------
    ModelMisconfigured
        When a model is missing.
    DependencyMissing
        When the server, its stub for this Python, or libpython is missing.
    """
    repository = resource_folder("model_repository") if repository is None else repository
    served = _models(repository)
    for model in models:
        if model not in served:
            raise ModelMisconfigured(
                f"no model {model!r} in {repository}, which holds: {', '.join(served) or 'none'}",
                next_step="Name a folder of the model repository that holds a config.pbtxt.",
            )
    _stage(repository, models, folder / _SERVED)
    files = cached_triton()
    _prepare_backends(files, folder / _BACKENDS)
    device = inference_device()
    if device == "cpu":
        log.warning("no GPU that ONNX Runtime can use: inference runs on the CPU")
    metrics_port = metrics_port or free_ports(1)[0]
    prefix = f"segue_triton_{os.getpid()}_{metrics_port}_"
    socket = f"unix:{folder if sockets is None else sockets}/{_SOCKET}"
    command = [
        os.fspath(files.program),
        f"--model-repository={_SERVED}",
        f"--backend-directory={_BACKENDS}",
        f"--backend-config=python,shm-region-prefix-name={prefix}",
        "--backend-config=python,stub-timeout-seconds=60",
        "--model-control-mode=none",
        "--allow-http=false",
        f"--grpc-address={socket}",
        "--grpc-port=0",
        f"--metrics-address={LOOPBACK}",
        f"--metrics-port={metrics_port}",
        "--exit-timeout-secs=5",
        "--log-verbose=0",
    ]
    return TritonLaunch(
        command=tuple(command),
        environment=_environment(files, device),
        folder=folder,
        # The server takes its port into the name of the socket.
        grpc_url=f"{socket}:0",
        metrics_url=f"http://{LOOPBACK}:{metrics_port}/metrics",
        device=device,
        shared_memory_prefix=prefix,
    )


class TritonServer:
    """An inference server for the time of a ``with`` block, ready when the block begins.

    Raises
    ------
    EmbedderUnavailable
        When the server ends, or is not ready within ``ready_seconds``; the end of its log is given.
    """

    def __init__(
        self, launch: TritonLaunch, log_path: Path, *, ready_seconds: float = READY_SECONDS
    ) -> None:
        self.launch = launch
        self.log_path = log_path
        self._ready_seconds = ready_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        if self._process is None:
            raise EmbedderUnavailable("the inference server is not started")
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until its models are ready."""
        with self.log_path.open("ab") as output:
            self._process = subprocess.Popen(
                self.launch.command,
                env=self.launch.environment,
                cwd=self.launch.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + self._ready_seconds
        while not self.launch.ready():
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.stop()
                state = "ended" if ended else f"was not ready after {self._ready_seconds:.0f} s"
                raise EmbedderUnavailable(
                    f"the inference server {state}:\n{log_tail(self.log_path)}",
                    next_step=f"Read {self.log_path}, correct the cause and start again.",
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server and whatever it started; harmless when it has ended already."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the inference server did not stop in %.0f s: killed", _STOP_SECONDS)
        # Stubs of a killed server live in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self.launch.clean_up()

    def __enter__(self) -> TritonServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def inference_device() -> str:
    """``gpu`` when ONNX Runtime can open a session on one in this environment, else ``cpu``."""
    if not Path("/dev/nvidiactl").exists():
        return "cpu"
    try:
        import onnxruntime  # slow to import, and needless without a GPU
    except ImportError:
        return "cpu"
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return "cpu"
    folder = resource_folder("model_repository") / DEFAULT_MODEL
    model = next(folder.glob("*/model.onnx"))
    session = onnxruntime.InferenceSession(os.fspath(model), providers=["CUDAExecutionProvider"])
    return "gpu" if "CUDAExecutionProvider" in session.get_providers() else "cpu"


def _models(repository: Path) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in repository.glob("*/config.pbtxt")))


def _stage(repository: Path, models: Sequence[str], target: Path) -> None:
    """Make a repository of the chosen models alone: the server loads all that it finds."""
    target.mkdir(parents=True, exist_ok=True)
    for earlier in target.iterdir():
        if earlier.is_symlink():
            earlier.unlink()
    for model in models:
        (target / model).symlink_to(repository.resolve() / model, target_is_directory=True)


def _prepare_backends(files: TritonFiles, target: Path) -> None:
    python = _python_version()
    stub = files.stub(python)
    if not stub.is_file():
        raise DependencyMissing(
            f"the embedded inference server has no stub for Python {python}",
            next_step="Use Python 3.11, 3.12 or 3.13, or a deployed Triton.",
        )
    (target / "python").mkdir(parents=True, exist_ok=True)
    for source in (
        files.python_backend / "libtriton_python.so",
        files.python_backend / "triton_python_backend_utils.py",
        stub,
    ):
        _copy(source, target / "python" / source.name)
    for source in resource_folder("deploy/triton").glob("backends/*/*.py"):
        (target / source.parent.name).mkdir(exist_ok=True)
        _copy(source, target / source.parent.name / source.name)


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _copy(source: Path, target: Path) -> None:
    # Renamed into place: a running server may have the old file open.
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copy2(source, partial)
    partial.replace(target)


def _environment(files: TritonFiles, device: str) -> dict[str, str]:
    libraries = [os.fspath(files.libraries), _libpython_folder()]
    inherited = os.environ.get("LD_LIBRARY_PATH")
    environment = dict(os.environ)
    environment["LD_LIBRARY_PATH"] = os.pathsep.join([*libraries, *filter(None, [inherited])])
    # The stub is an isolated Python: it ignores PYTHONPATH, and takes its site-packages from the
    # virtual environment of the first `python3` on PATH.
    scripts = sysconfig.get_path("scripts")
    environment["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
    environment["OMP_NUM_THREADS"] = "1"
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    return environment


def _libpython_folder() -> str:
    name = sysconfig.get_config_var("INSTSONAME") or ""
    places = [sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib", "/usr/lib"]
    places.append(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}")
    for place in filter(None, places):
        if ".so" in name and (Path(place) / name).is_file():
            return str(place)
    raise DependencyMissing(
        f"Python {sys.version.split()[0]} at {sys.base_prefix} has no shared libpython, which the "
        "embedded inference server needs",
        next_step="Use a Python built with --enable-shared (the distribution's, conda's, or "
        "PYTHON_CONFIGURE_OPTS=--enable-shared with pyenv), or a deployed Triton.",
    )
