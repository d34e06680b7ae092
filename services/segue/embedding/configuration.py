"""Reads a model card out of the configuration that Triton reports for a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import Message
from tritonclient.grpc import model_config_pb2

from segue.audio.front_end import FrontEnd
from segue.embedding.halves import read_halves
from segue.embedding.model import ModelCard
from segue.errors import ModelMisconfigured

EMBEDDING_OUTPUT = "embedding"
GENRE_OUTPUT = "genre_probabilities"
MOOD_OUTPUT = "mood_probabilities"
DESCRIPTOR_OUTPUT = "descriptor_probabilities"
_GENRES = "labels.genres"
_MOODS = "labels.moods"
_DESCRIPTORS = "labels.descriptors"
_HALVES = "embedding.halves"
_SPACE = "embedding.space"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model card with the tensor names that requests need."""

    card: ModelCard
    input_name: str
    output_names: tuple[str, ...]


def read_configuration(config: Message, version: int) -> ServedModel:
    """Check a served model's configuration and read its card.

    Parameters
    ----------
    config
        ``inference.ModelConfig`` as Triton reports it: instance kinds are those really chosen.
    version
        Version that is asked for; the configuration does not hold it.

    Raises
    ------
    ModelMisconfigured
        When front end, labels, halves, input or outputs are missing or do not fit together.
    """
    assert isinstance(config, model_config_pb2.ModelConfig)  # noqa: S101
    parameters = {name: value.string_value for name, value in config.parameters.items()}
    front_end = FrontEnd.from_parameters(parameters)
    if len(config.input) != 1:
        raise ModelMisconfigured(f"{config.name} has {len(config.input)} inputs instead of one")
    wanted = [front_end.bands, front_end.chunk_frames]
    if list(config.input[0].dims) != wanted:
        raise ModelMisconfigured(
            f"{config.name} takes chunks of shape {list(config.input[0].dims)}, but its front end "
            f"makes {wanted} (bands, frames)"
        )
    if config.max_batch_size < 1:
        raise ModelMisconfigured(f"{config.name} takes no batches: set max_batch_size")
    outputs = {output.name: list(output.dims) for output in config.output}
    if EMBEDDING_OUTPUT not in outputs or len(outputs[EMBEDDING_OUTPUT]) != 1:
        raise ModelMisconfigured(f"{config.name} has no output {EMBEDDING_OUTPUT!r} of one axis")
    genres = _labels(config.name, parameters, _GENRES, outputs.get(GENRE_OUTPUT))
    moods = _labels(config.name, parameters, _MOODS, outputs.get(MOOD_OUTPUT))
    descriptors = _labels(config.name, parameters, _DESCRIPTORS, outputs.get(DESCRIPTOR_OUTPUT))
    kinds = {group.kind for group in config.instance_group}
    card = ModelCard(
        name=config.name,
        version=version,
        dimension=outputs[EMBEDDING_OUTPUT][0],
        front_end=front_end,
        genres=genres,
        moods=moods,
        descriptors=descriptors,
        halves=read_halves(parameters.get(_HALVES, ""), outputs[EMBEDDING_OUTPUT][0]),
        space_name=parameters.get(_SPACE, ""),
        max_batch=config.max_batch_size,
        device="gpu" if model_config_pb2.ModelInstanceGroup.KIND_GPU in kinds else "cpu",
    )
    names = [
        EMBEDDING_OUTPUT,
        *([GENRE_OUTPUT] if genres else []),
        *([MOOD_OUTPUT] if moods else []),
        *([DESCRIPTOR_OUTPUT] if descriptors else []),
    ]
    return ServedModel(card, config.input[0].name, tuple(names))


def read_configuration_file(path: Path, version: int) -> ServedModel:
    """Read a ``config.pbtxt`` with no server: what it leaves to Triton stays as it is there.

    Raises
    ------
    ModelMisconfigured
        As ``read_configuration``, and when the file cannot be read.
    """
    config = model_config_pb2.ModelConfig()
    try:
        text_format.Parse(path.read_text(encoding="utf-8"), config)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as exc:
        raise ModelMisconfigured(f"{path} cannot be read: {exc}") from exc
    config.name = config.name or path.parent.name
    return read_configuration(config, version)


def newest_version(folder: Path) -> int:
    """The highest version of which a model's folder holds a graph.

    Raises
    ------
    ModelMisconfigured
        When it holds none.
    """
    versions = [
        int(path.parent.name)
        for path in folder.glob("*/model.onnx")
        if path.parent.name.isdecimal()
    ]
    if not versions:
        raise ModelMisconfigured(
            f"no model in {folder}", next_step="Name a folder that holds 1/model.onnx."
        )
    return max(versions)


def models_in(repository: Path) -> list[str]:
    """Names of a repository's models, sorted: folders with a graph of any version."""
    return sorted(
        {
            path.parent.parent.name
            for path in repository.glob("*/*/model.onnx")
            if path.parent.name.isdecimal()
        }
    )


def _labels(
    model: str, parameters: Mapping[str, str], name: str, dims: list[int] | None
) -> tuple[str, ...]:
    """Label names of a probability output; none when the model has no such output."""
    try:
        labels = json.loads(parameters.get(name) or "[]")
    except ValueError as exc:
        raise ModelMisconfigured(f"{model}: {name} is not a JSON list of names") from exc
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ModelMisconfigured(f"{model}: {name} is not a JSON list of names")
    if dims is None:
        return ()
    if dims != [len(labels)]:
        raise ModelMisconfigured(f"{model}: {name} names {len(labels)} labels for an output {dims}")
    return tuple(labels)
