"""Convolutions of an exported graph in 8 bits: half their time on a processor.

Weights take 7 of the 8 bits: on processors without instructions for sums of such products, sums of
two would not fit into 16 bits otherwise, and the same graph would answer differently there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import GraphProto, NodeProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from segue.errors import InvalidRequest
from segue.trainer.batches import Chunks

_BATCH = 16


def quantise(path: Path, examples: Chunks, within: Sequence[str]) -> None:
    """Replace a graph by one whose convolutions count in 8 bits.

    Parameters
    ----------
    path
        The exported graph.
    examples
        Shape (n, bands, frames), dB: music by whose values the ranges are set.
    within
        Modules whose convolutions are to be changed; others stay as they are.

    Raises
    ------
    InvalidRequest
        When there is no such convolution.
    """
    with tempfile.TemporaryDirectory() as folder:
        folded, made = Path(folder) / "folded.onnx", Path(folder) / "made.onnx"
        quant_pre_process(os.fspath(path), os.fspath(folded))
        graph = onnx.load(os.fspath(folded)).graph
        chosen = [
            node.name
            for node in graph.node
            if node.op_type == "Conv" and any(f"/{name}/" in node.name for name in within)
        ]
        if not chosen:
            raise InvalidRequest(
                "this network has no convolutions that may count in 8 bits",
                reason="NOTHING_TO_QUANTISE",
                next_step="Export it without --quantise.",
            )
        quantize_static(
            os.fspath(folded),
            os.fspath(made),
            _Examples(graph.input[0].name, examples),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_quantize=chosen,
        )
        model = onnx.load(os.fspath(made))
        _pool_quantised(model.graph)
        onnx.checker.check_model(model)
        onnx.save(model, os.fspath(path))


class _Examples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, examples: Chunks) -> None:
        super().__init__()
        self._batches = iter(
            [{name: examples[first : first + _BATCH]} for first in range(0, len(examples), _BATCH)]
        )

    def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
        return next(self._batches, None)


def _pool_quantised(graph: GraphProto) -> None:
    """Let pooling see numbers of 8 bits: what it picks out is the same before and after scaling."""
    makers = {name: node for node in graph.node for name in node.output}
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for pool in [node for node in graph.node if node.op_type == "MaxPool"]:
        scaled = makers.get(pool.input[0])
        if scaled is None or scaled.op_type != "DequantizeLinear":
            continue
        if len(readers[pool.input[0]]) > 1:
            continue
        small, made = f"{pool.output[0]}_quantised", pool.output[0]
        pool.input[0], pool.output[0] = scaled.input[0], small
        scaled.input[0], scaled.output[0] = small, made
    _sort(graph)


def _sort(graph: GraphProto) -> None:
    """Nodes in an order in which each comes after those that it reads."""
    known = {one.name for one in graph.input} | {one.name for one in graph.initializer} | {""}
    waiting: Sequence[NodeProto] = list(graph.node)
    ordered: list[NodeProto] = []
    while waiting:
        ready = [node for node in waiting if all(name in known for name in node.input)]
        known |= {name for node in ready for name in node.output}
        ordered += ready
        waiting = [node for node in waiting if node not in ready]
    del graph.node[:]
    graph.node.extend(ordered)
