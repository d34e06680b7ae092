"""The published MusiCNN as a model of ours: fetched, read, compared, written as ONNX."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from segue.errors import DependencyMissing, ModelMisconfigured
from segue.trainer.export import model_configuration, write_onnx
from segue.trainer.networks.musicnn import (
    BANDS,
    PATCH_FRAMES,
    MusicnnTrunk,
    PublishedMusicnn,
    SlidFilters,
    TagHead,
)
from segue.trainer.networks.musicnn_pruning import pruned
from segue.trainer.training import CARD

PARITY = 1e-3
"""Largest difference of a tag's probability from the original's."""

LICENCE = "LICENSE.md"

_WHEEL = "musicnn==0.1.0"
_WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
_TENSORFLOW = "tensorflow-cpu==2.15.1"
_NETWORKS = ("MSD_musicnn", "MTT_musicnn")
_ABOUT = Path(__file__).with_name("configs") / "musicnn.md"
_SCRIPT = Path(__file__).with_name("musicnn_checkpoint.py")
_PATCHES = 24
_LARGEST_INPUT = 6.0
"""About what a mel band of full-scale music reaches, compressed."""

Variables: TypeAlias = Mapping[str, npt.NDArray[np.float32]]
"""By their names in the checkpoint; besides them what the original computed."""


def import_musicnn(
    repository: Path,
    *,
    python: str,
    rectified: bool,
    name: str,
    replace: bool,
    say: Callable[[str], None],
) -> float:
    """Make the model from its authors' weights.

    The wheel with the weights comes from the package index, by its hash. TensorFlow reads them in
    an environment that lasts as long as this call, and computes what the original graph makes of
    probe patches; the network must agree with it.

    Parameters
    ----------
    repository
        Where the model's folder is written: graph, ``config.pbtxt``, card, licence.
    python
        Interpreter that the release of TensorFlow exists for: 3.9, 3.10 or 3.11.
    rectified
        See ``PublishedMusicnn``.
    replace
        Whether another graph of that name is written over.
    say
        Given a sentence before each long step.

    Returns
    -------
    float
        Largest difference of a tag's probability from the original's.

    Raises
    ------
    DependencyMissing
        When wheel or TensorFlow cannot be fetched, or TensorFlow cannot read the weights.
    ModelVersionTaken
        When another graph has that name, and is not to be replaced.
    ModelMisconfigured
        When the network computes something else than the original.
    """
    patches = probe_patches(_PATCHES)
    with tempfile.TemporaryDirectory(prefix="segue-musicnn-") as place:
        folder = Path(place)
        np.save(folder / "patches.npy", patches)
        say(f"Fetching {_WHEEL} (29 MB)")
        wheel = _fetch_wheel(folder)
        say(f"Installing {_TENSORFLOW} into a temporary environment (about 1 GB)")
        reader = _tensorflow_environment(folder / "environment", python)
        say("Reading the weights")
        _run(
            [reader, _SCRIPT, wheel, folder / "patches.npy", folder],
            "TensorFlow cannot read the weights",
        )
        published = [dict(np.load(folder / f"{network}.npz")) for network in _NETWORKS]
        network = PublishedMusicnn(rectified).eval()
        for trunk, head, variables in zip(network.trunks, network.heads, published, strict=True):
            load_variables(cast(MusicnnTrunk, trunk), cast(TagHead, head), variables)
        network.centre_labels()
        network = pruned(network)
        difference = _difference(network, patches, published)
        if not difference <= PARITY:
            raise ModelMisconfigured(
                f"the network's tags differ from the original's by {difference:g}"
            )
        target = repository / name
        write_onnx(network, target / "1" / "model.onnx", replace=replace)
        (target / "config.pbtxt").write_text(model_configuration(name, network), encoding="utf-8")
        (licence,) = wheel.glob("*.dist-info/LICENSE.md")
        shutil.copyfile(licence, target / LICENCE)
        (target / CARD).write_text(musicnn_card(name, rectified=rectified), encoding="utf-8")
    return difference


def musicnn_card(name: str, *, rectified: bool) -> str:
    """The model's card, as Markdown.

    Parameters
    ----------
    name
        Of the model.
    rectified
        See ``PublishedMusicnn``.
    """
    text = Template(_ABOUT.read_text(encoding="utf-8"))
    if rectified:
        return text.substitute(
            name=name, options="", vector="centred on the music that it learnt from"
        )
    return text.substitute(
        name=name,
        options=f" --before-rectification --name {name}",
        vector="before it is rectified and as it comes, which is how other services use it;\n"
        "`musicnn` takes it rectified and centred on the music that it learnt from",
    )


def probe_patches(patches: int) -> npt.NDArray[np.float32]:
    """Compressed powers to compare networks on: noise and, every other one, held sounds.

    Returns
    -------
    numpy.ndarray
        Shape (patches, frames, bands).
    """
    random = np.random.default_rng(0)
    made = random.random((patches, PATCH_FRAMES, BANDS)) ** 3
    spectra = random.random((patches, 1, BANDS)) ** 3
    levels = random.random((patches, PATCH_FRAMES, 1))
    made[1::2] = (spectra * levels)[1::2]
    return (_LARGEST_INPUT * made).astype(np.float32)


def load_variables(trunk: MusicnnTrunk, head: TagHead, variables: Variables) -> None:
    """Put the variables of a checkpoint into a network.

    Its layers have no names there but numbers, in the order in which the graph is built.
    """
    convolutions = [
        *(cast(SlidFilters, slid).convolution for slid in trunk.filters),
        *trunk.dense,
    ]
    for number, layer in enumerate(convolutions):
        prefix = _numbered("conv2d", number)
        kernel_FBIC = _tensor(variables, f"{prefix}/kernel")
        # Convolutions over time alone see the filters before them as bands.
        turned = (
            kernel_FBIC.permute(3, 2, 1, 0)
            if isinstance(layer, nn.Conv2d)
            else kernel_FBIC[:, :, 0].permute(2, 1, 0)
        )
        _set(cast(nn.Conv1d, layer), "weight", turned)
        _set(cast(nn.Conv1d, layer), "bias", _tensor(variables, f"{prefix}/bias"))
    # Largest value and mean of a feature are neighbours there; here all means follow all largest.
    order = torch.arange(trunk.width).view(-1, 2).T.reshape(-1)
    standards = [
        trunk.standardise,
        *(cast(SlidFilters, slid).normalise for slid in trunk.filters),
        *trunk.normalise,
        head.standardise,
        head.normalise,
    ]
    for number, layer in enumerate(standards):
        prefix = _numbered("batch_normalization", number)
        for ours, theirs in (
            ("weight", "gamma"),
            ("bias", "beta"),
            ("running_mean", "moving_mean"),
            ("running_var", "moving_variance"),
        ):
            values = _tensor(variables, f"{prefix}/{theirs}")
            _set(layer, ours, values[order] if layer is head.standardise else values)
    _set(head.dense, "weight", _tensor(variables, "dense/kernel").T[:, order])
    _set(head.dense, "bias", _tensor(variables, "dense/bias"))
    _set(head.tags, "weight", _tensor(variables, "dense_1/kernel").T)
    _set(head.tags, "bias", _tensor(variables, "dense_1/bias"))


def _numbered(name: str, number: int) -> str:
    return name if number == 0 else f"{name}_{number}"


def _tensor(variables: Variables, name: str) -> Tensor:
    return torch.from_numpy(variables[f"{name}:0"])


def _set(layer: nn.Module, name: str, values: Tensor) -> None:
    """Copy values of the same shape; anything else raises a ``RuntimeError``."""
    own = cast(Tensor, getattr(layer, name))
    if own.shape != values.shape:
        raise ModelMisconfigured(f"{name} is {tuple(values.shape)} instead of {tuple(own.shape)}")
    own.data.copy_(values)


def _difference(
    network: PublishedMusicnn, patches: npt.NDArray[np.float32], published: Sequence[Variables]
) -> float:
    """Of the tags' probabilities from those that the original computed, at most."""
    worst = 0.0
    with torch.inference_mode():
        given_NBF = torch.from_numpy(patches).transpose(1, 2)
        for trunk, head, theirs in zip(network.trunks, network.heads, published, strict=True):
            _, _, logits = head(trunk(given_NBF))
            ours = torch.sigmoid(logits).numpy()
            worst = float(np.maximum(worst, np.abs(ours - theirs["probabilities"]).max()))
    return worst


def _fetch_wheel(folder: Path) -> Path:
    """The unpacked wheel."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{_WHEEL} --hash=sha256:{_WHEEL_SHA256}\n")
    _run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
            *("--only-binary", ":all:", "--requirement", wanted, "--dest", folder),
        ],
        f"{_WHEEL} cannot be fetched",
    )
    (file,) = folder.glob("musicnn-*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "wheel")
    return folder / "wheel"


def _tensorflow_environment(folder: Path, python: str) -> Path:
    """An interpreter that has TensorFlow."""
    _run([python, "-m", "venv", folder], f"{python} makes no environment")
    interpreter = folder / "bin" / "python"
    _run(
        [interpreter, "-m", "pip", "install", "--quiet", _TENSORFLOW],
        f"{python} cannot install {_TENSORFLOW}",
    )
    return interpreter


def _run(command: Sequence[str | os.PathLike[str]], failure: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as exc:
        raise DependencyMissing(f"{failure}: {exc}", next_step=_NEXT_STEP) from exc
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise DependencyMissing(": ".join([failure, *last]), next_step=_NEXT_STEP)


_NEXT_STEP = (
    "Name a Python 3.9, 3.10 or 3.11 with --python, and see that the package index can be reached."
)
