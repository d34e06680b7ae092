"""Tables of a training configuration: typed, checked where they are made, never changed."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Annotated, Any, TypeAlias, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
    create_model,
)
from pydantic_core import ErrorDetails, core_schema

from segue.audio.front_end import FrontEnd
from segue.errors import InvalidRequest, ModelMisconfigured

Count: TypeAlias = Annotated[int, Field(ge=1)]
NotNegative: TypeAlias = Annotated[float, Field(ge=0)]
NotNegativeInteger: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
ShareBelowOne: TypeAlias = Annotated[float, Field(ge=0, lt=1)]
Filters: TypeAlias = Annotated[tuple[Count, ...], Field(strict=False, min_length=1)]
"""Filters of one convolution block after another; TOML and JSON know lists alone."""
Names: TypeAlias = Annotated[tuple[str, ...], Field(strict=False)]


class Table(BaseModel):
    """A table of a configuration: unknown fields and values of another type are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class InvalidConfiguration(InvalidRequest):
    """A training configuration that cannot be read."""

    reason = "TRAINING_CONFIGURATION_INVALID"
    next_step = "Correct the file; those that come with Segue show every field."


def refusal(error: ValidationError) -> InvalidConfiguration:
    """What is wrong with which field, as one sentence."""
    unknown = [_path(one) for one in error.errors() if one["type"] == "extra_forbidden"]
    wrong = [_sentence(one) for one in error.errors() if one["type"] != "extra_forbidden"]
    if unknown:
        wrong.insert(0, f"unknown: {', '.join(unknown)}")
    return InvalidConfiguration("; ".join(wrong))


def _sentence(error: ErrorDetails) -> str:
    # Checks of ours name the fields that do not fit together themselves.
    message = str(error.get("ctx", {}).get("error", "")) or error["msg"]
    if error["type"] == "union_tag_not_found":
        message = "Field required"
    path = _path(error)
    if not path:
        return message
    given = error["input"]
    if error["type"] == "missing" or isinstance(given, dict):
        return f"{path}: {message}"
    return f"{path} = {given!r}: {message}"


def _path(error: ErrorDetails) -> str:
    steps = list(error["loc"])
    if steps[:1] == ["network"] and len(steps) > 1:
        del steps[1]  # the kind of network, which stands in the way of its fields
    if error["type"].startswith("union_tag"):
        steps.append("kind")
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


_Fields: Any = {
    field.name: (get_type_hints(FrontEnd)[field.name], field.default) for field in fields(FrontEnd)
}
_FrontEndTable = create_model("_FrontEndTable", __base__=Table, **_Fields)


def _front_end(table: Table) -> FrontEnd:
    try:
        return FrontEnd(**table.model_dump())
    except ModelMisconfigured as exc:
        raise ValueError(str(exc)) from exc


def _front_end_schema(_: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    return core_schema.no_info_after_validator_function(
        _front_end,
        handler.generate_schema(_FrontEndTable),
        serialization=core_schema.plain_serializer_function_ser_schema(asdict),
    )


FrontEndTable: TypeAlias = Annotated[FrontEnd, GetPydanticSchema(_front_end_schema)]
"""A front end as a table: its own class serves where pydantic is not installed."""
