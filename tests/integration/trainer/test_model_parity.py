"""Every shipped network answers alike in torch, ONNX Runtime and Triton."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
import pytest
import torch

from embedding_at_once import embed_batches
from segue.audio.front_end import FrontEnd
from segue.embedding.configuration import newest_version, read_configuration_file
from segue.embedding.triton import TritonEmbedder
from segue.resources import resource_folder
from segue.stack.triton import TritonServer, plan_launch
from segue.trainer.configuration import find_configuration, read_configuration
from segue.trainer.data import TrainingTrack
from segue.trainer.export import joined, model_configuration, network_from_onnx
from segue.trainer.features import Recording, TrackAnalysis
from segue.trainer.graph_weights import read_weights
from segue.trainer.networks.base import Encoder
from segue.trainer.networks.musicnn_pruning import read_published
from segue.trainer.training import build_network

PARITY = 1e-4
REPOSITORY = resource_folder("model_repository")
MODELS = sorted(path.parent.name for path in REPOSITORY.glob("*/config.pbtxt"))
CATALOGUE = resource_folder("deploy/demo/catalogue")
PARTS = {"segue-1": ("segue-tracks", "segue-labels")}
HALVES = {"segue-sound": ("sound", 0.25), "segue-style": ("style", 0.75)}
SPACES = {"segue-1": "segue-v1", "segue-2": "segue-v2"}
QUANTISED = "segue-2"
"""It counts in 8 bits: no network can be made of its weights. Its form is that of `segue`."""

LABELLED = ("genres", "moods", "descriptors")

LARGEST_BYTES = 8_000_000


def build(*names: str) -> list[Encoder]:
    return [build_network(read_configuration(find_configuration(name))) for name in names]


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def network(model: str) -> Encoder:
    if model == "musicnn":  # its weights are published, not trained by a configuration
        return read_published(graph(model))
    if model in ("segue", QUANTISED):
        shares = dict(HALVES.values()) if model == "segue" else {"sound": 0.3, "style": 0.7}
        both = joined(build(*HALVES), shares).eval()
        if model == "segue":
            read_weights(both, graph(model))
            for kind, (_, labels) in zip(LABELLED, both.parts[1].labelled, strict=True):
                labels.calibrate(*calibration_in(graph(model), kind))
        return both
    names = PARTS.get(model, (model,))
    return network_from_onnx(
        graph(model), *(read_configuration(find_configuration(name)) for name in names)
    )


@pytest.fixture(scope="module")
def triton_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that serves all models together."""
    folder = tmp_path_factory.mktemp("triton")
    launch = plan_launch(folder, models=MODELS)
    with TritonServer(launch, folder / "triton.log"):
        yield launch.grpc_url


def graph(model: str) -> Path:
    return REPOSITORY / model / str(newest_version(REPOSITORY / model)) / "model.onnx"


def calibration_in(path: Path, kind: str) -> tuple[list[float], list[float]]:
    """Gains and shifts of a kind of labels: constants of a graph, behind the labels' own weights.

    They are no weights of the network; what fitted them is not shipped, and the card rounds them.
    """
    made = onnx.load(path).graph
    constants = {
        node.output[0]: onnx.numpy_helper.to_array(node.attribute[0].t)
        for node in made.node
        if node.op_type == "Constant"
    }
    (at,) = (node for node in made.node if f"network.parts.1.{kind}.weights" in node.input)
    found = {}
    for wanted in ("Sub", "Mul", "Add"):
        (at,) = (node for node in made.node if at.output[0] in node.input)
        assert at.op_type == wanted
        (found[wanted],) = (constants[name] for name in at.input if name in constants)
    return found["Mul"].tolist(), found["Add"].tolist()


def random_chunks(front: FrontEnd) -> np.ndarray:
    return np.random.default_rng(5).uniform(-80, 0, (20, front.bands, front.chunk_frames))


def music_chunks(front: FrontEnd) -> np.ndarray:
    """Twenty chunks of the demo catalogue, spread over two tracks, through the front end."""
    pieces = []
    for name in ("rock/demo-rock-1.mp3", "piano/demo-piano-1.m4a"):
        frames = TrackAnalysis(front).frames(Recording(TrainingTrack(name, CATALOGUE / name)))
        starts = np.linspace(0, len(frames) - front.chunk_frames, 10).astype(int)
        pieces += [frames[start : start + front.chunk_frames].T for start in starts]
    return np.stack(pieces)


@pytest.mark.parametrize("make", [random_chunks, music_chunks])
async def test_torch_onnx_runtime_and_triton_agree(
    make: Callable[[FrontEnd], np.ndarray],
    model: str,
    network: Encoder,
    triton_url: str,
) -> None:
    chunks = np.ascontiguousarray(make(network.front), dtype=np.float32)
    session = onnxruntime.InferenceSession(graph(model))
    by_onnx_runtime = session.run(list(network.output_names), {"log_mel": chunks})
    if model == QUANTISED:
        by_torch = by_onnx_runtime
    else:
        with torch.inference_mode():
            by_torch = [output.numpy() for output in network(torch.from_numpy(chunks))]
    client = TritonEmbedder(triton_url, model)
    embedded = await embed_batches(client, [chunks])
    await client.close()
    labelled = [
        embedded.genre_probabilities,
        embedded.mood_probabilities,
        embedded.descriptor_probabilities,
    ]
    by_triton = [embedded.vectors, *(made for made in labelled if made is not None)]
    assert len(by_triton) == len(by_torch)
    for ours, by_runtime in zip(by_torch, by_onnx_runtime, strict=True):
        np.testing.assert_allclose(by_runtime, ours, atol=PARITY)
    for by_runtime, triton in zip(by_onnx_runtime, by_triton, strict=True):
        np.testing.assert_allclose(triton, by_runtime, atol=PARITY)
    # Vectors that all agree because they are all alike would prove nothing.
    assert np.ptp(by_torch[0], axis=0).max() > 10 * PARITY


def test_the_default_publishes_labels_as_its_card_says() -> None:
    card = (REPOSITORY / "segue" / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| [a-z -]+ \| (\d\.\d\d) \| ([+-]\d\.\d\d) \|", card, re.MULTILINE)
    for number, name in enumerate(("gain", "shift")):
        held = [one for kind in LABELLED for one in calibration_in(graph("segue"), kind)[number]]
        assert held == pytest.approx([float(row[number]) for row in said], abs=0.00501), name


def test_the_served_configuration_is_the_trained_one(model: str, network: Encoder) -> None:
    served = (REPOSITORY / model / "config.pbtxt").read_text(encoding="utf-8")
    assert served == model_configuration(model, network, SPACES.get(model, ""))


def test_a_model_is_small_enough_to_ship(model: str) -> None:
    assert graph(model).stat().st_size <= LARGEST_BYTES


def test_halves_of_the_default_model_have_their_shares() -> None:
    card = read_configuration_file(REPOSITORY / "segue" / "config.pbtxt", 3).card
    assert card.space == "segue-v3"
    session = onnxruntime.InferenceSession(graph("segue"))
    (vectors,) = session.run(["embedding"], {"log_mel": np.float32(music_chunks(card.front_end))})
    ends = np.cumsum([half.dimension for half in card.halves])[:-1]
    for half, piece in zip(card.halves, np.split(vectors, ends, axis=1), strict=True):
        np.testing.assert_allclose(np.linalg.norm(piece, axis=1) ** 2, half.share, atol=1e-5)
