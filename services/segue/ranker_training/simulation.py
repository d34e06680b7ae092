"""A simulated catalogue, whose listeners' tastes are partly acoustic and partly social.

The model. Tracks lie in clusters on the unit sphere: an artist is a cluster's centre with some
noise, a track its artist with some more. Besides, each artist belongs to a scene, which has nothing
to do with the cluster: what is played together, for whatever reason, without sounding alike. How
popular tracks are falls as a power of their rank (Zipf's law), in random order.

A listener has a social share, drawn from Beta(2, 2). The acoustic part of their taste is an
exponential of the cosine to the nearer of two places in the space, the social part is the same for
all tracks of two scenes and nothing for others; each is scaled to the sum 1. A track is chosen with
a probability in proportion to its popularity and to both parts, mixed by the social share.

Some tracks are new: nobody could hear them before the moment of the search. Listeners choose a
number of tracks before it, among the old ones, then others among all, never one of them twice.
Searches start from what was chosen before, and what was chosen afterwards is to be found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from segue.collaborative.listening import Listening
from segue.ranker_training.catalogue import Catalogue, Floats

SPACE = "simulated-v1"
YEAR = 2026


@dataclass(frozen=True, slots=True)
class World:
    """Sizes of a simulated catalogue and of its audience.

    Attributes
    ----------
    artist_noise, track_noise
        Length of what is added to a cluster's centre, and to an artist.
    skew
        Exponent of Zipf's law.
    focus
        Factor of the cosine in the exponential of the acoustic taste.
    before, after
        Tracks that each listener chooses on either side of the moment.
    """

    tracks: int = 2_000
    artists: int = 300
    clusters: int = 20
    scenes: int = 25
    dimension: int = 32
    artist_noise: float = 0.5
    track_noise: float = 0.4
    skew: float = 0.7
    focus: float = 12.0
    listeners: int = 800
    before: int = 40
    after: int = 20


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A catalogue, and what was heard of it before and after a moment.

    Attributes
    ----------
    new
        Shape (tracks,): whether nobody could hear it before.
    """

    catalogue: Catalogue
    before: Listening
    after: Listening
    new: npt.NDArray[np.bool_]


def simulate(world: World, *, cold_share: float, seed: int) -> Simulated:
    """Draw a catalogue and its listeners.

    Parameters
    ----------
    cold_share
        Share of the tracks that are new, in [0, 1).

    Raises
    ------
    ValueError
        When too few tracks are left that could be heard before.
    """
    random = np.random.default_rng(seed)
    clusters = _unit(random.normal(size=(world.clusters, world.dimension)))
    cluster_of = random.integers(world.clusters, size=world.artists)
    artists = _near(clusters[cluster_of], world.artist_noise, random)
    artist_of = random.integers(world.artists, size=world.tracks)
    vectors = _near(artists[artist_of], world.track_noise, random)
    scene_of = random.integers(world.scenes, size=world.artists)[artist_of]
    popularity = random.permutation(np.arange(1, world.tracks + 1) ** -world.skew)
    new = np.zeros(world.tracks, bool)
    new[random.permutation(world.tracks)[: round(cold_share * world.tracks)]] = True
    if world.tracks - int(new.sum()) < world.before:
        raise ValueError(f"of {world.tracks} tracks, too few are old")
    taste = _tastes(world, vectors, scene_of, random) * popularity
    earlier = _choices(np.where(new, 0.0, taste), world.before, random)
    rest = taste.copy()
    np.put_along_axis(rest, earlier, 0.0, axis=1)
    later = _choices(rest, world.after, random)
    years = np.where(new, YEAR, random.integers(YEAR - 30, YEAR, size=world.tracks))
    names = [f"Artist {number}" for number in artist_of.tolist()]
    catalogue = Catalogue(
        space=SPACE,
        halves=(),
        track_ids=[f"track-{number:06d}" for number in range(world.tracks)],
        names=[(name,) for name in names],
        artists=[frozenset((name.casefold(),)) for name in names],
        albums=[""] * world.tracks,
        years=years.astype(np.float64),
        vectors=vectors,
        genres=np.empty((world.tracks, 0), np.float32),
        passages=np.empty((0, world.dimension), np.float16),
        ends=np.zeros(world.tracks, np.intp),
    )
    users = [f"listener-{number:05d}" for number in range(world.listeners)]
    return Simulated(
        catalogue, _listening(users, earlier, catalogue), _listening(users, later, catalogue), new
    )


def _tastes(
    world: World,
    vectors: Floats,
    scene_of: npt.NDArray[np.intp],
    random: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """How much each listener likes each track, popularity aside; shape (listeners, tracks)."""
    places = vectors[random.integers(world.tracks, size=(world.listeners, 2))]
    cosines = np.einsum("lpd,td->lpt", places, vectors).max(axis=1).astype(np.float64)
    acoustic = np.exp(world.focus * (cosines - 1.0))
    scenes = random.integers(world.scenes, size=(world.listeners, 2))
    social = (scene_of[None, :, None] == scenes[:, None, :]).any(axis=2).astype(np.float64)
    share = random.beta(2.0, 2.0, size=(world.listeners, 1))
    acoustic /= acoustic.sum(axis=1, keepdims=True)
    social /= np.maximum(social.sum(axis=1, keepdims=True), 1.0)
    tastes: npt.NDArray[np.float64] = (1.0 - share) * acoustic + share * social
    return tastes


def _choices(
    weights: npt.NDArray[np.float64], count: int, random: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Draw without replacement, in proportion to weights (Gumbel's trick); shape (rows, count)."""
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + random.gumbel(size=weights.shape)
    return np.argpartition(-keys, count - 1, axis=1)[:, :count]


def _listening(users: list[str], chosen: npt.NDArray[np.intp], catalogue: Catalogue) -> Listening:
    rows = np.repeat(np.arange(len(users)), chosen.shape[1])
    weights = sparse.csr_array(
        (np.ones(chosen.size, np.float32), (rows, chosen.reshape(-1))),
        shape=(len(users), len(catalogue.track_ids)),
    )
    heard = np.flatnonzero(weights.sum(axis=0))
    return Listening(
        users, [catalogue.track_ids[row] for row in heard.tolist()], weights[:, heard].tocsr()
    )


def _near(centres: npt.NDArray[np.floating], noise: float, random: np.random.Generator) -> Floats:
    scale = noise / np.sqrt(centres.shape[1])
    return _unit(centres + scale * random.normal(size=centres.shape))


def _unit(rows: npt.NDArray[np.floating]) -> Floats:
    unit: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
