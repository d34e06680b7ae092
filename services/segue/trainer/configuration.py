"""Training configuration: one TOML file, typed, checked where it is read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, ValidationError, model_validator

from segue.audio.front_end import FrontEnd
from segue.trainer.effects import EffectsConfig
from segue.trainer.networks.autoencoder import AutoencoderConfig
from segue.trainer.networks.base import Labels
from segue.trainer.networks.convolution import ConvolutionConfig
from segue.trainer.networks.musicnn import FRONT_END
from segue.trainer.networks.musicnn_student import MusicnnConfig
from segue.trainer.networks.registry import NetworkConfig
from segue.trainer.networks.statistics import StatisticsConfig
from segue.trainer.table import (
    Count,
    FrontEndTable,
    InvalidConfiguration,
    NotNegative,
    NotNegativeInteger,
    Positive,
    Share,
    ShareBelowOne,
    Table,
    refusal,
)
from segue.trainer.tags import DESCRIPTORS, GENRES, MOODS
from segue.trainer.triplets import RelationName

Score: TypeAlias = Literal["track", "genre", "mood", "labels", "teacher"]

_SHIPPED = Path(__file__).parent / "configs"


class ViewConfig(Table):
    """The chunks of one track in a batch: some of its places, and changed copies of these.

    Attributes
    ----------
    source
        ``places``: chunks from anywhere in the track, changed on their dB values as production
        changes a recording. ``effects``: clips made ready once, with copies that went through a
        chain of audio effects (``TrainingConfig.effects``); dB changes then apply to the copies.
        ``answers``: chunks that a teacher answered for (``TrainingConfig.teacher``), of any tracks
        and as they are, since a changed chunk would want another answer.
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

    source: Literal["places", "effects", "answers"] = "places"
    places: Count = 1
    copies: Count = 1
    apart_seconds: NotNegative = 0.0
    noise_db: NotNegative = 0.0
    gain_db: NotNegative = 0.0
    tilt_db: NotNegative = 0.0
    equaliser_db: NotNegative = 0.0
    shift_bands: NotNegativeInteger = 0
    mask_frames: NotNegativeInteger = 0
    mask_bands: NotNegativeInteger = 0
    floor_db: float = -80.0
    mix_share: Share = 0.0
    mix_db: float = -6.0
    track_tilt_db: NotNegative = 0.0
    track_equaliser_db: NotNegative = 0.0
    track_shift_bands: NotNegativeInteger = 0


class ClipConfig(Table):
    """Clips made ready for ``views.source = "effects"``.

    Attributes
    ----------
    per_track
        Clips of each track.
    copies
        Copies of each clip that went through the effects.
    """

    per_track: Count = 10
    copies: NotNegativeInteger = 1


class TeacherConfig(Table):
    """Who answers for ``views.source = "answers"`` and for ``labels``, and for which chunks.

    Attributes
    ----------
    model
        Its name in the model repository that comes with Segue: a model that ``segue musicnn`` made.
    hop_frames
        Frames between the beginnings of the chunks that it answers for.
    labels
        Tracks without a genre and a mood of their own get those that it hears in them.
    """

    model: str = "musicnn"
    hop_frames: Count = 374
    labels: bool = False


class LossConfig(Table):
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
    teacher_tags
        Binary cross-entropy of the tags with a teacher's, above the least that can be reached.
    teacher_units
        Distance of the standardised units from a teacher's: one less their cosine, and a little of
        their smooth L1 distance.
    temperature
        Temperature of InfoNCE.
    margin
        Margin of the triplets, in Euclidean distance on the unit sphere.
    label_smoothing
        Label smoothing of the cross-entropies, in [0, 1).
    genre_balance
        How much the frequency of genres in the music is taken out of what the head learns: 1 all.
    """

    info_nce: NotNegative = 0.0
    view_triplets: NotNegative = 0.0
    track_triplets: NotNegative = 0.0
    genre_triplets: NotNegative = 0.0
    mood_triplets: NotNegative = 0.0
    genre: NotNegative = 0.0
    mood: NotNegative = 0.0
    reconstruction: NotNegative = 0.0
    teacher_tags: NotNegative = 0.0
    teacher_units: NotNegative = 0.0
    temperature: Positive = 0.1
    margin: Annotated[float, Field(gt=0, lt=2)] = 0.2
    label_smoothing: ShareBelowOne = 0.0
    genre_balance: NotNegative = 0.0

    @property
    def of_labels(self) -> bool:
        """Whether any term wants genres or moods."""
        return any((self.genre, self.mood, self.genre_triplets, self.mood_triplets))

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


class OptimiserConfig(Table):
    """AdamW with linear warm-up and cosine decay.

    Attributes
    ----------
    steps
        Length of the schedule.
    tracks
        Tracks in a batch; of ``answers``, chunks.
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
        Which validation scores are averaged to tell the best weights: mean average precisions, of
        ``labels`` the geometric mean of the probabilities of genres and moods, and of ``teacher``
        the mean cosine of the units with a teacher's.
    """

    steps: Count = 2_000
    tracks: Annotated[int, Field(ge=2)] = 8
    artist_mates: Count = 1
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 1e-4
    warm_up: NotNegativeInteger = 100
    average_decay: ShareBelowOne = 0.0
    mixed_precision: bool = False
    validate_every: Count = 100
    patience: NotNegativeInteger = 0
    score: Annotated[tuple[Score, ...], Field(strict=False, min_length=1)] = ("track",)


class TrainingConfig(Table):
    """Everything that a training run depends on, besides its data.

    Attributes
    ----------
    labels
        Names that the heads predict. Left empty where a loss wants them, they are those of the
        training tracks. Of a ``musicnn`` network, whose tags make them, those of ``tags``.
    """

    name: str
    summary: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    front_end: FrontEndTable = FrontEnd()
    labels: Labels = Labels()
    network: NetworkConfig = Field(default=ConvolutionConfig(), discriminator="kind")
    views: ViewConfig = ViewConfig()
    clips: ClipConfig = ClipConfig()
    effects: EffectsConfig = EffectsConfig()
    teacher: TeacherConfig = TeacherConfig()
    losses: LossConfig = LossConfig()
    optimiser: OptimiserConfig = OptimiserConfig()

    @model_validator(mode="after")
    def _tables_fit_together(self) -> Self:
        wrong = [
            *_views_that_do_not_fit(self),
            *_losses_that_do_not_fit(self),
            *_what_a_student_lacks(self),
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the TOML file has them."""
        return self.model_dump()


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
        f"{config!r} is neither a file nor a configuration that comes with Segue",
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
    try:
        return TrainingConfig.model_validate(tree)
    except ValidationError as exc:
        raise refusal(exc) from exc


def _views_that_do_not_fit(config: TrainingConfig) -> Iterator[str]:
    views, front, clips = config.views, config.front_end, config.clips
    if views.mask_frames > front.chunk_frames:
        yield "views.mask_frames: wider than a chunk"
    if views.mask_bands > front.bands:
        yield "views.mask_bands: wider than a chunk"
    if views.source == "effects" and clips.per_track < views.places:
        yield "clips.per_track: fewer than views.places"
    if views.source == "effects" and clips.copies < views.copies - 1:
        yield "clips.copies: fewer than views.copies - 1"
    if config.optimiser.artist_mates > config.optimiser.tracks:
        yield "optimiser.artist_mates: more than optimiser.tracks"


def _losses_that_do_not_fit(config: TrainingConfig) -> Iterator[str]:
    views, losses, network = config.views, config.losses, config.network
    if not any(getattr(losses, name) for name in _WEIGHTS):
        yield "losses: none has a weight"
    if losses.info_nce and views.places * views.copies != 2:
        yield "losses.info_nce: wants two views of a track"
    if losses.view_triplets and views.copies == 1:
        yield "losses.view_triplets: wants copies"
    if losses.track_triplets and views.places == 1:
        yield "losses.track_triplets: wants places"
    autoencoder = isinstance(network, AutoencoderConfig)
    if autoencoder != (losses.reconstruction > 0):
        yield "losses.reconstruction: wants an autoencoder, and an autoencoder wants it"
    if autoencoder and (losses.genre or losses.mood):
        yield "losses.genre, losses.mood: an autoencoder has no heads"
    if isinstance(network, ConvolutionConfig) and network.space == "genres" and not losses.genre:
        yield "network.space: genres want losses.genre"
    if isinstance(network, StatisticsConfig):
        if network.genre_share + network.mood_share >= 1:
            yield "network.genre_share, network.mood_share: together not less than 1"
        if network.genre_share and not losses.genre:
            yield "network.genre_share: wants losses.genre"
        if network.mood_share and not losses.mood:
            yield "network.mood_share: wants losses.mood"


def _what_a_student_lacks(config: TrainingConfig) -> Iterator[str]:
    views, losses, front, network = config.views, config.losses, config.front_end, config.network
    student = isinstance(network, MusicnnConfig)
    answered = views.source == "answers"
    taught = losses.teacher_tags > 0 or losses.teacher_units > 0
    if not student == answered == taught:
        yield (
            'network.kind = "musicnn", views.source = "answers" and losses.teacher_tags or '
            "losses.teacher_units: each wants the others"
        )
    if "teacher" in config.optimiser.score and not answered:
        yield 'optimiser.score: teacher wants views.source = "answers"'
    if "labels" in config.optimiser.score and not (losses.genre or losses.mood):
        yield "optimiser.score: labels want losses.genre or losses.mood"
    if config.teacher.labels and (answered or not losses.of_labels):
        yield "teacher.labels: wants a loss of genres or moods, and tracks in the batches"
    if answered and views != ViewConfig(source="answers"):
        yield "views: chunks that a teacher answered for stay as they are, one by one"
    if answered and config.optimiser.artist_mates > 1:
        yield "optimiser.artist_mates: chunks that a teacher answered for are drawn one by one"
    if not student:
        return
    if losses.genre or losses.mood:
        yield "losses.genre, losses.mood: tags make the labels of a musicnn network"
    given, published = asdict(front), asdict(FRONT_END)
    # Chunks may overlap; all else is as the filters learnt it.
    other = [name for name in published if given[name] != published[name]]
    other = [name for name in other if name != "chunk_hop_frames"]
    if other:
        wanted = ", ".join(f"{name} = {getattr(FRONT_END, name)}" for name in other)
        yield f"front_end: a musicnn network wants {wanted}"
    if not config.labels.genres + config.labels.moods:
        yield "labels: none for the tags to make"
    for kind, names, known in (
        ("genres", config.labels.genres, GENRES),
        ("moods", config.labels.moods, MOODS),
        ("descriptors", config.labels.descriptors, DESCRIPTORS),
    ):
        if unknown := [name for name in names if name not in known]:
            yield (
                f"labels.{kind}: no tags speak for {', '.join(unknown)}, but for {', '.join(known)}"
            )


_CONSTANTS = {"temperature", "margin", "label_smoothing", "genre_balance"}
_WEIGHTS = [name for name in LossConfig.model_fields if name not in _CONSTANTS]
