"""From a training run to a model that Triton serves: ONNX, ``config.pbtxt``, parity."""

from __future__ import annotations

import json
import os
import re
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from segue.embedding.configuration import models_in, newest_version
from segue.embedding.halves import halves_text
from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.batches import Chunks
from segue.trainer.calibration import CALIBRATION, read_calibration
from segue.trainer.card import model_card, read_evaluation, read_metrics
from segue.trainer.configuration import TrainingConfig
from segue.trainer.graph_weights import read_weights
from segue.trainer.networks.base import Encoder
from segue.trainer.networks.joint import JointNetwork
from segue.trainer.training import (
    CARD,
    CURVES,
    METRICS,
    RUN,
    build_network,
    load_network,
)

INPUT = "log_mel"
PARITY = 1e-4
"""Largest difference between torch and ONNX Runtime that an export may have."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""The index names folders after the space, ``<model>-v<version>``: at most 128 such characters."""

_MAX_BATCH = 64
_OPSET = 17


class ModelVersionTaken(InvalidRequest):
    """A version of a model that another graph has, of whose vectors catalogues may be made."""

    reason = "MODEL_VERSION_TAKEN"


def export_runs(
    runs: Sequence[Path],
    repository: Path,
    *,
    name: str | None = None,
    version: int = 1,
    shares: Mapping[str, float] | None = None,
    space: str = "",
    about: Path | None = None,
    evaluation: Path | None = None,
    replace: bool = False,
) -> Path:
    """Write the best network of a run, or of several as one, into a model repository.

    Its card and the curves of the runs go with it.

    Parameters
    ----------
    runs
        Run folders; several are joined (``JointNetwork``).
    name
        Name of the model; the configuration's when not given.
    shares
        Names of the halves that several runs make, and the weight of each in the cosine, in the
        order of the runs; see ``JointNetwork``.
    space
        Name of the embedding space; ``<name>-v<version>`` when empty.
    about
        Markdown file whose text the card takes in.
    evaluation
        ``evaluation.json`` of ``segue evaluate``, whose numbers the card takes in.
    replace
        Whether another graph of this version is written over.

    Returns
    -------
    Path
        The model's folder.

    Raises
    ------
    InvalidRequest
        When a run holds no trained network, several have no name or do not fit together, the name
        cannot be a folder's, or the evaluation does not have it.
    ModelVersionTaken
        When the repository has another graph of this version, or a later version.
    ModelMisconfigured
        When the exported graph does not compute what the network does.
    """
    if name is None and len(runs) > 1:
        raise InvalidRequest(
            "several runs make one model, which has no name",
            reason="RUNS_DO_NOT_JOIN",
            next_step="Give the model a --name.",
        )
    loaded = [load_network(run) for run in runs]
    network = joined([network for _, network in loaded], shares)
    chosen = loaded[0][0].name if name is None else name
    if not _NAME.fullmatch(chosen):
        raise InvalidRequest(
            f"{chosen!r} cannot be the name of a model and its folder",
            reason="MODEL_NAME_INVALID",
            next_step="Give a --name of at most 100 letters, digits, dots, hyphens and underscores "
            "(A-Z, a-z, 0-9, '.', '-', '_') that begins with a letter or a digit.",
        )
    card = model_card(
        [(_description(run), read_metrics(run / METRICS)) for run in runs],
        name=chosen,
        about="" if about is None else about.read_text(encoding="utf-8"),
        evaluation=None if evaluation is None else read_evaluation(evaluation),
    )
    folder = repository / chosen
    if chosen in models_in(repository) and (newest := newest_version(folder)) > version:
        raise ModelVersionTaken(
            f"{folder} holds version {newest}, whose config.pbtxt version {version} would replace",
            next_step=f"Give the model --version {newest + 1}, or another --name.",
        )
    graph = folder / str(version) / "model.onnx"
    write_onnx(network, graph, replace=replace)
    (folder / "config.pbtxt").write_text(
        model_configuration(chosen, network, space), encoding="utf-8"
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    for run, (config, _) in zip(runs, loaded, strict=True):
        if (run / CURVES).is_file():
            part = config.name.replace("/", "-")
            shutil.copyfile(run / CURVES, folder / f"{part}-{CURVES}")
    return folder


def joined(networks: Sequence[Encoder], shares: Mapping[str, float] | None = None) -> Encoder:
    """The network itself, or several as one.

    Parameters
    ----------
    shares
        As ``JointNetwork``.

    Raises
    ------
    InvalidRequest
        As ``JointNetwork``.
    """
    return networks[0] if len(networks) == 1 else JointNetwork(networks, shares).eval()


def _description(run: Path) -> dict[str, Any]:
    """What a run says of itself, and its calibration where it has one."""
    found: dict[str, Any] = json.loads((run / RUN).read_text(encoding="utf-8"))
    if (run / CALIBRATION).is_file():
        found["calibration"] = asdict(read_calibration(run / CALIBRATION))
    return found


def write_onnx(network: Encoder, path: Path, *, replace: bool = True) -> None:
    """Export with a free batch axis, and hold the result against torch on random chunks.

    Weights keep the names that the network has for them.

    Parameters
    ----------
    path
        ``<model>/<version>/model.onnx``.
    replace
        Whether another graph that is there is written over.

    Raises
    ------
    ModelVersionTaken
        When it is not, and there is one.
    ModelMisconfigured
        When they differ by more than ``PARITY``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    network, front = network.eval(), network.front
    example = torch.rand(2, front.bands, front.chunk_frames) * front.floor_db
    partial = path.with_suffix(".partial")
    with warnings.catch_warnings():
        # The tracing exporter is deprecated, but needs no package besides onnx.
        warnings.simplefilter("ignore", DeprecationWarning)
        # It says of every padding that it leaves it unfolded, which is what is asked for.
        warnings.filterwarnings("ignore", "Constant folding", UserWarning)
        torch.onnx.export(
            _Graph(network),
            (example,),
            os.fspath(partial),
            input_names=[INPUT],
            output_names=list(network.output_names),
            dynamic_axes={name: {0: "chunks"} for name in (INPUT, *network.output_names)},
            opset_version=_OPSET,
            # Otherwise normalisation is folded into the convolutions, and weights lose their names.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            dynamo=False,
        )
    difference = parity(network, partial)
    if not difference <= PARITY:
        partial.unlink()
        raise ModelMisconfigured(f"the exported graph differs from the network by {difference:g}")
    if not replace and path.is_file() and path.read_bytes() != partial.read_bytes():
        partial.unlink()
        version = path.parent
        raise ModelVersionTaken(
            f"{version} holds another graph, and vectors of two graphs do not compare",
            next_step=f"Give the model --version {int(version.name) + 1} or another --name; with "
            "--replace it takes the place of that one.",
        )
    partial.replace(path)


class _Graph(nn.Module):
    """Keeps the exporter from merging weights that are equal: in training it merges the same alone.

    Only this shell is in training; the network within stays as it is.
    """

    def __init__(self, network: Encoder) -> None:
        super().__init__()
        self.network = network
        self.training = True

    def forward(self, mel: Tensor) -> tuple[Tensor, ...]:
        outputs: tuple[Tensor, ...] = self.network(mel)
        return outputs


def parity(
    network: Encoder, path: Path, chunks: Chunks | None = None, sizes: Sequence[int] = (1, 3, 10)
) -> float:
    """Largest difference between torch and ONNX Runtime, over all outputs; NaN where one is.

    Parameters
    ----------
    chunks
        Shape (n, bands, frames), dB; uniform noise in batches of ``sizes`` when not given.
    """
    session = onnxruntime.InferenceSession(os.fspath(path), providers=["CPUExecutionProvider"])
    front, random = network.front, np.random.default_rng(0)
    batches = (
        [chunks]
        if chunks is not None
        else [
            random.uniform(front.floor_db, 0, (size, front.bands, front.chunk_frames)).astype(
                np.float32
            )
            for size in sizes
        ]
    )
    worst = 0.0
    for batch in batches:
        with torch.inference_mode():
            wanted = network(torch.from_numpy(batch))
        made = session.run(list(network.output_names), {INPUT: batch})
        for theirs, ours in zip(made, wanted, strict=True):
            # Of numbers and what is none, the larger is none: no comparison would find it.
            worst = float(np.maximum(worst, np.abs(theirs - ours.numpy()).max()))
    return worst


def network_from_onnx(path: Path, *configs: TrainingConfig) -> Encoder:
    """The network of some configurations with the weights of its exported graph.

    Raises
    ------
    ModelMisconfigured
        When the graph is not that network's.
    """
    network = joined([build_network(config) for config in configs]).eval()
    read_weights(network, path)
    return network


def model_configuration(name: str, network: Encoder, space: str = "") -> str:
    """The text of ``config.pbtxt``.

    Parameters
    ----------
    space
        As ``export_runs``.
    """
    front, labels = network.front, network.labels
    widths = {
        "embedding": network.dimension,
        "genre_probabilities": len(labels.genres),
        "mood_probabilities": len(labels.moods),
        "descriptor_probabilities": len(labels.descriptors),
    }
    outputs = ",\n".join(
        f'  {{ name: "{output}" data_type: TYPE_FP32 dims: [ {widths[output]} ] }}'
        for output in network.output_names
    )
    parameters = {
        "intra_op_thread_count": "1",
        **front.to_parameters(),
        "labels.genres": json.dumps(labels.genres),
        "labels.moods": json.dumps(labels.moods),
        **({"labels.descriptors": json.dumps(labels.descriptors)} if labels.descriptors else {}),
        **({"embedding.halves": halves_text(network.halves)} if network.halves else {}),
        **({"embedding.space": space} if space else {}),
    }
    lines = ",\n".join(
        f"  {{ key: {json.dumps(key)} value: {{ string_value: {json.dumps(value)} }} }}"
        for key, value in parameters.items()
    )
    return f"""\
# Served by Triton's native ONNX Runtime backend and by deploy/triton/backends/onnxruntime alike.
name: "{name}"
backend: "onnxruntime"
max_batch_size: {_MAX_BATCH}

input [ {{ name: "{INPUT}" data_type: TYPE_FP32 dims: [ {front.bands}, {front.chunk_frames} ] }} ]
output [
{outputs}
]

dynamic_batching {{ max_queue_delay_microseconds: 500 }}

# A GPU where Triton finds one, otherwise the CPU. Triton reports the kind that it chose.
instance_group [ {{ kind: KIND_AUTO count: 1 }} ]

parameters [
{lines}
]
"""
