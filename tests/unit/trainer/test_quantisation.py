"""Graphs whose convolutions count in 8 bits: what changes, what stays, what it costs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from segue.errors import InvalidRequest
from segue.trainer.export import agreement_of_graph, write_onnx
from segue.trainer.networks.base import Encoder
from segue.trainer.networks.musicnn import PublishedMusicnn
from segue.trainer.networks.musicnn_student import MusicnnNetwork
from segue.trainer.quantisation import quantise
from segue.trainer.teacher import find_teacher
from segue.trainer.training import build_network
from small_networks import configuration


def examples(network: Encoder, count: int = 24) -> np.ndarray:
    """Chunks with peaks that come and go, as music has them, over noise."""
    random, front = np.random.default_rng(3), network.front
    shape = (count, front.bands, front.chunk_frames)
    level = -60.0 + 6.0 * random.standard_normal(shape)
    level += 40.0 * (random.random((count, front.bands, 1)) > 0.8)
    return np.clip(level, front.floor_db, 0.0).astype(np.float32)


@pytest.fixture(scope="module")
def student() -> MusicnnNetwork:
    torch.manual_seed(1)
    network = build_network(configuration("musicnn"))
    assert isinstance(network, MusicnnNetwork)
    published: PublishedMusicnn = find_teacher("musicnn").network()
    network.trunk.take(published.trunks[0])  # type: ignore[arg-type]
    return network.eval()


@pytest.fixture(scope="module")
def graph(student: MusicnnNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "model.onnx"
    write_onnx(student, path)
    return path


def test_convolutions_count_in_8_bits_and_pooling_sees_those(
    student: MusicnnNetwork, graph: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    shutil.copyfile(graph, path)
    chunks = examples(student)
    quantise(path, chunks[::2], student.heavy)
    model = onnx.load(path)
    makers = {name: node for node in model.graph.node for name in node.output}
    pooled = [node for node in model.graph.node if node.op_type == "MaxPool"]
    assert len(pooled) == 5
    assert {makers[node.input[0]].op_type for node in pooled} == {"QuantizeLinear"}
    weights = {one.name: one for one in model.graph.initializer}
    small = [
        onnx.numpy_helper.to_array(weights[makers[node.input[1]].input[0]])
        for node in model.graph.node
        if node.op_type == "Conv" and node.input[1] in makers
    ]
    assert len(small) == 5
    for weight in small:
        assert weight.dtype == np.int8
        assert np.abs(weight.astype(int)).max() <= 64
    assert path.stat().st_size < graph.stat().st_size
    assert 0.98 < agreement_of_graph(student, path, chunks[1::2]) < 1.0
    assert agreement_of_graph(student, graph, chunks) == pytest.approx(1.0, abs=1e-5)


def test_a_network_without_heavy_convolutions_is_refused(graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    shutil.copyfile(graph, path)
    with pytest.raises(InvalidRequest) as caught:
        quantise(path, np.zeros((2, 96, 187), np.float32), ())
    assert caught.value.reason == "NOTHING_TO_QUANTISE"
    assert path.read_bytes() == graph.read_bytes()
