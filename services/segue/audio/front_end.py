"""The front end's parameters: how a model wants its audio turned into log-mel chunks.

They are ``parameters`` in the model's ``config.pbtxt`` and nowhere else, so that training
and serving cannot drift apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from segue.errors import ModelMisconfigured

PARAMETER_PREFIX = "front_end."


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Analysis parameters of one model, checked where they are made.

    Log-mel values are ``10·log10(power / reference_power)`` clipped to ``[floor_db, 0]``: the
    reference is a constant, never a file's own maximum, so a stream of any length can be analysed.

    Attributes
    ----------
    rate_hz
        Sample rate of the mono signal, in [4 000, 96 000].
    fft_size
        Window and FFT length in samples.
    hop
        Samples between neighbouring frames, in [1, fft_size].
    bands
        Number of mel bands (Slaney scale, area-normalised triangles).
    low_hz, high_hz
        Frequency range of the bands; ``0 <= low_hz < high_hz <= rate_hz / 2``.
    floor_db
        Lower clipping level in dB, negative.
    reference_power
        Mel power that counts as 0 dB.
    chunk_frames
        Frames in one chunk: the length of the model's time axis.
    chunk_hop_frames
        Frames between the starts of neighbouring chunks, in [1, chunk_frames].

    Raises
    ------
    ModelMisconfigured
        When a value lies outside its range.
    """

    rate_hz: int = 22_050
    fft_size: int = 2_048
    hop: int = 512
    bands: int = 128
    low_hz: float = 0.0
    high_hz: float = 11_025.0
    floor_db: float = -80.0
    reference_power: float = 1.0
    chunk_frames: int = 129
    chunk_hop_frames: int = 129

    def __post_init__(self) -> None:
        checks = {
            "rate_hz": 4_000 <= self.rate_hz <= 96_000,
            "fft_size": 64 <= self.fft_size <= 65_536,
            "hop": 1 <= self.hop <= self.fft_size,
            "bands": 1 <= self.bands <= 1_024,
            "low_hz": 0 <= self.low_hz < self.high_hz,
            "high_hz": self.high_hz <= self.rate_hz / 2,
            "floor_db": math.isfinite(self.floor_db) and self.floor_db < 0,
            "reference_power": math.isfinite(self.reference_power) and self.reference_power > 0,
            "chunk_frames": self.chunk_frames >= 1,
            "chunk_hop_frames": 1 <= self.chunk_hop_frames <= self.chunk_frames,
        }
        wrong = [name for name, fine in checks.items() if not fine]
        if wrong:
            got = ", ".join(f"{name}={getattr(self, name)}" for name in wrong)
            raise ModelMisconfigured(f"front end out of range: {got}")

    @property
    def chunk_seconds(self) -> float:
        """Length of one chunk in seconds."""
        return self.chunk_frames * self.hop / self.rate_hz

    def to_parameters(self) -> dict[str, str]:
        """Write the front end as ``config.pbtxt`` parameters (names with their prefix)."""
        return {f"{PARAMETER_PREFIX}{name}": str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> FrontEnd:
        """Read a front end from ``config.pbtxt`` parameters; every field must be given.

        Raises
        ------
        ModelMisconfigured
            When a parameter is missing, is not a number, or lies outside its range.
        """
        values: dict[str, float | int] = {}
        for field in fields(cls):
            name = PARAMETER_PREFIX + field.name
            if name not in parameters:
                raise ModelMisconfigured(f"config.pbtxt lacks the parameter {name!r}")
            kind = int if field.type == "int" else float
            try:
                values[field.name] = kind(parameters[name])
            except ValueError as exc:
                raise ModelMisconfigured(f"{name} = {parameters[name]!r} is not a number") from exc
        return cls(**values)  # type: ignore[arg-type]  # fields() gave the names and kinds
