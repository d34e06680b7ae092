"""Training configuration: one TOML file, typed, checked where it is read."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from segue.audio.front_end import FrontEnd
from segue.errors import InvalidRequest, ModelMisconfigured
from segue.trainer.effects import EffectsConfig
from segue.trainer.networks.autoencoder import AutoencoderConfig
from segue.trainer.networks.backbones import BACKBONES
from segue.trainer.networks.base import Labels
from segue.trainer.networks.convolution import ConvolutionConfig
from segue.trainer.networks.projected import ProjectedConfig
from segue.trainer.networks.registry import CONFIGURATIONS, NetworkConfig
from segue.trainer.networks.statistics import StatisticsConfig
from segue.trainer.triplets import RelationName

_SHIPPED = Path(__file__).parent / "configs"


class InvalidConfiguration(InvalidRequest):
    """A training configuration that cannot be read."""

    reason = "TRAINING_CONFIGURATION_INVALID"
    next_step = "Correct the file; those that come with Segue show every field."


@dataclass(frozen=True, slots=True)
class ViewConfig:
    """What stands in a batch for one track: places of it, and changed copies of these.

    Attributes
    ----------
    source
        ``places``: chunks from anywhere in the track, changed on their dB values as production
        changes a recording. ``effects``: clips made ready once, with copies that went through a
        chain of audio effects (``TrainingConfig.effects``); dB changes then apply to the copies.
    places
        Different places of a track in a batch.
    copies
        Views of each place. Of ``effects``, the first is the clip itself.
    apart_seconds
        Least distance between the starts of two places, where the track is long enough.
    noise_db
        Standard deviation of the Gaussian noise on each dB value.
    gain_db, tilt_db, equaliser_db
        Largest change of level, of the slope between lowest and highest band, and of each of the
        equaliser's slow cosines.
    shift_bands
        Largest transposition in mel bands.
    mask_frames, mask_bands
        Largest width of the blank stripe in time and in frequency.
    floor_db
        Highest level of an added noise floor; none at or below the front end's floor.
    mix_share, mix_db
        Share of the chunks that get another track's beneath, and its highest level relative to
        its own; the lowest is 12 dB less.
    track_tilt_db, track_equaliser_db, track_shift_bands
        Like ``tilt_db``, ``equaliser_db`` and ``shift_bands``, but drawn once for all views of a
        track: a sound of its own.
    """

    source: Literal["places", "effects"] = "places"
    places: int = 1
    copies: int = 1
    apart_seconds: float = 0.0
    noise_db: float = 0.0
    gain_db: float = 0.0
    tilt_db: float = 0.0
    equaliser_db: float = 0.0
    shift_bands: int = 0
    mask_frames: int = 0
    mask_bands: int = 0
    floor_db: float = -80.0
    mix_share: float = 0.0
    mix_db: float = -6.0
    track_tilt_db: float = 0.0
    track_equaliser_db: float = 0.0
    track_shift_bands: int = 0


@dataclass(frozen=True, slots=True)
class ClipConfig:
    """Clips made ready for ``views.source = "effects"``.

    Attributes
    ----------
    per_track
        Clips of each track.
    copies
        Copies of each clip that went through the effects.
    """

    per_track: int = 10
    copies: int = 1


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Weights of the terms that are added up, 0 leaving one out, and their constants.

    Attributes
    ----------
    info_nce
        The two views of a track (two places, or two copies of one) against those of all others.
    view_triplets, track_triplets, genre_triplets, mood_triplets
        Triplets with semi-hard negatives; positive is a changed copy of the clip, another clip of
        the track, a track of the genre, of the mood.
    genre, mood
        Cross-entropy of the label heads.
    reconstruction
        Mean squared error of an autoencoder, on values in [-1, 1].
    temperature
        Of InfoNCE.
    margin
        Of the triplets, in Euclidean distance on the unit sphere.
    label_smoothing
        Of the cross-entropies.
    """

    info_nce: float = 0.0
    view_triplets: float = 0.0
    track_triplets: float = 0.0
    genre_triplets: float = 0.0
    mood_triplets: float = 0.0
    genre: float = 0.0
    mood: float = 0.0
    reconstruction: float = 0.0
    temperature: float = 0.1
    margin: float = 0.2
    label_smoothing: float = 0.0

    @property
    def triplets(self) -> dict[RelationName, float]:
        """Weights of the triplet terms by relation, those in use."""
        named: dict[RelationName, float] = {
            "view": self.view_triplets,
            "track": self.track_triplets,
            "genre": self.genre_triplets,
            "mood": self.mood_triplets,
        }
        return {name: weight for name, weight in named.items() if weight > 0}


Score: TypeAlias = Literal["track", "genre", "mood"]


@dataclass(frozen=True, slots=True)
class OptimiserConfig:
    """AdamW with linear warm-up and cosine decay.

    Attributes
    ----------
    steps
        Length of the schedule.
    tracks
        Tracks in a batch.
    artist_mates
        Tracks of the same artist that enter a batch together, as far as there are: the hardest
        negatives. 1 leaves artists alone.
    average_decay
        Decay of the exponential moving average of the weights that is evaluated and exported;
        0 exports the weights themselves.
    mixed_precision
        bfloat16 in the convolutions, on a GPU and on CPUs that have it.
    validate_every
        Steps between validations; each writes a checkpoint.
    patience
        Validations without a better one after which training stops; 0: never.
    score
        Which validation mean average precisions are averaged to tell the best weights.
    """

    steps: int = 2_000
    tracks: int = 8
    artist_mates: int = 1
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    warm_up: int = 100
    average_decay: float = 0.0
    mixed_precision: bool = False
    validate_every: int = 100
    patience: int = 0
    score: tuple[Score, ...] = ("track",)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that a training run depends on, besides its data.

    Attributes
    ----------
    labels
        Names that the heads predict. Left empty where a loss wants them, they are those of the
        training tracks.
    """

    name: str
    summary: str = ""
    seed: int = 1
    front_end: FrontEnd = field(default_factory=FrontEnd)
    labels: Labels = field(default_factory=Labels)
    network: NetworkConfig = field(default_factory=ConvolutionConfig)
    views: ViewConfig = field(default_factory=ViewConfig)
    clips: ClipConfig = field(default_factory=ClipConfig)
    effects: EffectsConfig = field(default_factory=EffectsConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the TOML file has them."""
        return dataclasses.asdict(self)


def shipped_configurations() -> dict[str, Path]:
    """Files of the configurations that come with Segue, by name: ``triplet`` and so on."""
    files = sorted(_SHIPPED.rglob("*.toml"))
    return {path.relative_to(_SHIPPED).with_suffix("").as_posix(): path for path in files}


def find_configuration(config: str) -> Path:
    """The file of a configuration: its path, or the name of one that comes with Segue.

    Raises
    ------
    InvalidConfiguration
        When it is neither.
    """
    shipped = shipped_configurations()
    if Path(config).is_file():
        return Path(config)
    if config in shipped:
        return shipped[config]
    raise InvalidConfiguration(
        f"{config!r} is no file and no configuration that comes with Segue",
        next_step=f"Name a TOML file, or one of: {', '.join(shipped)}.",
    )


def read_configuration(path: Path) -> TrainingConfig:
    """Read a TOML file; ``extends`` in it names another, whose values it changes.

    Raises
    ------
    InvalidConfiguration
        When it cannot be parsed, or a field is unknown, missing or of the wrong type.
    """
    return from_dict(_read(path.resolve(), ()))


def _read(path: Path, within: tuple[Path, ...]) -> dict[str, Any]:
    if path in within:
        raise InvalidConfiguration(f"{path} extends itself")
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InvalidConfiguration(f"{path}: {exc}") from exc
    parent = tree.pop("extends", None)
    if parent is None:
        return tree
    if not isinstance(parent, str):
        raise InvalidConfiguration(f"{path}: extends = {parent!r} names no file")
    return _merge(_read((path.parent / parent).resolve(), (*within, path)), tree)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Values of ``changes`` over those of ``base``, table by table."""
    merged = dict(base)
    for name, value in changes.items():
        inner = merged.get(name)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[name] = _merge(merged[name], value) if both else value
    return merged


def from_dict(tree: dict[str, Any]) -> TrainingConfig:
    """Build a configuration from plain values; the inverse of ``TrainingConfig.to_dict``.

    Raises
    ------
    InvalidConfiguration
        As ``read_configuration``.
    """
    config: TrainingConfig = _build(TrainingConfig, tree, "")
    _check(config)
    return config


def _check(config: TrainingConfig) -> None:
    views, losses, optimiser = config.views, config.losses, config.optimiser
    network, front = config.network, config.front_end
    weights = {
        name: value
        for name, value in dataclasses.asdict(losses).items()
        if name not in ("temperature", "margin", "label_smoothing")
    }
    ready = config.clips if views.source == "effects" else None
    checks = {
        **_signs(config),
        "seed": 0 <= config.seed < 2**32,
        "views.places": views.places >= 1,
        "views.copies": views.copies >= 1,
        "views.mask_frames": views.mask_frames <= front.chunk_frames,
        "views.mask_bands": views.mask_bands <= front.bands,
        "views.mix_share": views.mix_share <= 1,
        "clips.per_track": ready is None or ready.per_track >= views.places,
        "clips.copies": ready is None or ready.copies >= views.copies - 1,
        "losses: none has a weight": any(weights.values()),
        "losses.info_nce: wants two views of a track": losses.info_nce == 0
        or views.places * views.copies == 2,
        "losses.view_triplets: wants copies": losses.view_triplets == 0 or views.copies > 1,
        "losses.track_triplets: wants places": losses.track_triplets == 0 or views.places > 1,
        "losses.reconstruction: wants an autoencoder, and an autoencoder wants it": (
            losses.reconstruction > 0
        )
        == isinstance(network, AutoencoderConfig),
        "losses.genre, losses.mood: an autoencoder has no heads": not isinstance(
            network, AutoencoderConfig
        )
        or not (losses.genre or losses.mood),
        "losses.temperature": losses.temperature > 0,
        "losses.label_smoothing": losses.label_smoothing < 1,
        "losses.margin": 0 < losses.margin < 2,
        "optimiser.learning_rate": optimiser.learning_rate > 0,
        "optimiser.steps": optimiser.steps >= 1,
        "optimiser.tracks": optimiser.tracks >= 2,
        "optimiser.artist_mates": 1 <= optimiser.artist_mates <= optimiser.tracks,
        "optimiser.validate_every": optimiser.validate_every >= 1,
        "optimiser.average_decay": 0 <= optimiser.average_decay < 1,
        "optimiser.score": len(optimiser.score) >= 1
        and set(optimiser.score) <= set(get_args(Score)),
        "network.dimension": network.dimension >= 1,
        "network.dropout": getattr(network, "dropout", 0.0) < 1,
        "network.channels": min(getattr(network, "channels", (1,)), default=0) >= 1
        and (not isinstance(network, StatisticsConfig) or len(network.channels) == 4),
        "network.first_kernel, network.first_stride": not isinstance(network, ConvolutionConfig)
        or (network.first_kernel % 2 == 1 and network.first_stride >= 1),
        "network.genre_share, network.mood_share: want losses.genre and losses.mood": (
            not isinstance(network, StatisticsConfig)
            or (
                min(network.genre_share, network.mood_share) >= 0
                and network.genre_share + network.mood_share < 1
                and (losses.genre > 0 or not network.genre_share)
                and (losses.mood > 0 or not network.mood_share)
            )
        ),
        "network.backbone": not isinstance(network, ProjectedConfig)
        or network.backbone in BACKBONES,
        "network.space: genres want losses.genre": not isinstance(network, ConvolutionConfig)
        or network.space == "dense"
        or losses.genre > 0,
    }
    wrong = [name for name, fine in checks.items() if not fine]
    if wrong:
        raise InvalidConfiguration(f"out of range: {'; '.join(wrong)}")


def _signs(config: TrainingConfig) -> dict[str, bool]:
    """Whether each number is one that is not negative, where it must be; NaN is none."""
    free = {"views.floor_db", "views.mix_db"}
    return {
        f"{table}.{name}": f"{table}.{name}" in free or 0 <= value < math.inf
        for table in ("views", "clips", "losses", "optimiser", "network")
        for name, value in dataclasses.asdict(getattr(config, table)).items()
        if isinstance(value, int | float)
    }


def _build(kind: Any, tree: dict[str, Any], place: str) -> Any:
    hints = get_type_hints(kind)
    unknown = sorted(set(tree) - set(hints))
    if unknown:
        raise InvalidConfiguration(f"unknown: {', '.join(place + name for name in unknown)}")
    values: dict[str, Any] = {}
    for name, value in tree.items():
        hint = hints[name]
        table = hint == NetworkConfig or dataclasses.is_dataclass(hint)
        if table and not isinstance(value, dict):
            raise InvalidConfiguration(f"{place}{name} is not a table")
        if hint == NetworkConfig:
            hint = _network_kind(value, place + name)
        values[name] = (
            _build(hint, value, f"{place}{name}.") if table else _convert(value, hint, place + name)
        )
    try:
        return kind(**values)
    except (TypeError, ModelMisconfigured) as exc:
        raise InvalidConfiguration(f"{place or 'configuration'}: {exc}") from exc


def _network_kind(tree: dict[str, Any], place: str) -> type[NetworkConfig]:
    kind = tree.get("kind", "")
    if kind not in CONFIGURATIONS:
        known = ", ".join(CONFIGURATIONS)
        raise InvalidConfiguration(f"{place}.kind = {kind!r}: one of {known} is wanted")
    return CONFIGURATIONS[kind]


def _convert(value: Any, hint: Any, name: str) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise InvalidConfiguration(f"{name} = {value!r} is not a list")
        return tuple(_convert(entry, get_args(hint)[0], name) for entry in value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            known = ", ".join(map(str, get_args(hint)))
            raise InvalidConfiguration(f"{name} = {value!r}: one of {known} is wanted")
        return value
    kinds: dict[Any, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float)}
    fits = isinstance(value, kinds.get(hint, (str,)))
    if not fits or (hint is not bool and isinstance(value, bool)):
        raise InvalidConfiguration(f"{name} = {value!r} is of the wrong type")
    return float(value) if hint is float else value
