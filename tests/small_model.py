"""A model of another shape than those that come with Segue, made without training.

16 kHz, 40 bands, chunks of 50 frames (0.8 s), an embedding of 16 numbers, three genres, two moods.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BANDS, FRAMES, DIMENSION = 40, 50, 16
GENRES = ("bass", "middle", "treble")
MOODS = ("quiet", "loud")
FRONT_END = {
    "rate_hz": "16000",
    "fft_size": "1024",
    "hop": "256",
    "bands": str(BANDS),
    "low_hz": "20.0",
    "high_hz": "8000.0",
    "floor_db": "-80.0",
    "reference_power": "100.0",
    "chunk_frames": str(FRAMES),
    "chunk_hop_frames": "25",
}


def write_small_model(repository: Path, name: str = "tiny") -> Path:
    """Write ``repository/name`` as Triton wants it.

    The embedding is a seeded projection of the bands' mean levels. A genre is a third of the bands:
    the loudest third is the most probable one. Moods go by the mean level.
    """
    folder = repository / name / "1"
    folder.mkdir(parents=True)
    thirds = np.eye(3, dtype=np.float32)[np.arange(BANDS) * 3 // BANDS]
    constants = {
        "projection": np.random.default_rng(7).standard_normal((BANDS, DIMENSION)),
        "thirds": thirds / thirds.sum(axis=0) * 0.2,  # softmax over fifths of a dB
        "levels": np.stack([np.full(BANDS, -1.0), np.ones(BANDS)], axis=1) / BANDS * 0.1,
        "offset": np.array([-4.0, 4.0]),
        "eighty": np.array([80.0]),
        "axis": np.array([2]),
    }
    types = {"axis": np.int64}
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["log_mel", "axis"], ["bands"], keepdims=0),
            helper.make_node("Add", ["bands", "eighty"], ["above"]),
            helper.make_node("MatMul", ["above", "projection"], ["projected"]),
            helper.make_node("LpNormalization", ["projected"], ["embedding"], axis=1, p=2),
            helper.make_node("MatMul", ["bands", "thirds"], ["genres"]),
            helper.make_node("Softmax", ["genres"], ["genre_probabilities"], axis=1),
            helper.make_node("MatMul", ["bands", "levels"], ["loudness"]),
            helper.make_node("Sub", ["loudness", "offset"], ["moods"]),
            helper.make_node("Softmax", ["moods"], ["mood_probabilities"], axis=1),
        ],
        name,
        [helper.make_tensor_value_info("log_mel", TensorProto.FLOAT, ["batch", BANDS, FRAMES])],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", size])
            for output, size in _OUTPUTS.items()
        ],
        [
            numpy_helper.from_array(value.astype(types.get(key, np.float32)), key)
            for key, value in constants.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, folder / "model.onnx")
    (folder.parent / "config.pbtxt").write_text(_configuration(name))
    return folder.parent


_OUTPUTS = {
    "embedding": DIMENSION,
    "genre_probabilities": len(GENRES),
    "mood_probabilities": len(MOODS),
}


def _configuration(name: str) -> str:
    parameters = {
        **{f"front_end.{key}": value for key, value in FRONT_END.items()},
        "labels.genres": json.dumps(GENRES),
        "labels.moods": json.dumps(MOODS),
    }
    outputs = ", ".join(
        f'{{ name: "{output}" data_type: TYPE_FP32 dims: [ {size} ] }}'
        for output, size in _OUTPUTS.items()
    )
    return "\n".join(
        [
            f'name: "{name}"',
            'backend: "onnxruntime"',
            "max_batch_size: 32",
            f'input [ {{ name: "log_mel" data_type: TYPE_FP32 dims: [ {BANDS}, {FRAMES} ] }} ]',
            f"output [ {outputs} ]",
            *(
                f'parameters {{ key: "{key}" value: {{ string_value: {json.dumps(value)} }} }}'
                for key, value in parameters.items()
            ),
            "",
        ]
    )
