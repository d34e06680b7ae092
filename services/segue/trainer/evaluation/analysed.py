"""Log-mels of tracks for every front end that is compared, kept in feature stores."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from segue.trainer.data import TrainingTrack
from segue.trainer.features import FeatureRecipe, FeatureStore, open_stores


@dataclass(frozen=True, slots=True)
class Analysed:
    """Tracks that all recipes could be made of.

    Attributes
    ----------
    places
        Where each of the tracks stood among those given.
    left_out
        Ids of the other tracks, with the reason.
    features
        By name of the recipe: the frames of the tracks, in their order.
    """

    tracks: tuple[TrainingTrack, ...]
    places: tuple[int, ...]
    left_out: tuple[tuple[str, str], ...]
    features: Mapping[str, FeatureStore]

    def reasons(self) -> str:
        """Why the first few tracks were left out."""
        return "; ".join(f"{track_id}: {reason}" for track_id, reason in self.left_out[:3])


def recipe_name(recipe: FeatureRecipe) -> str:
    """What tells recipes apart: how a front end cuts chunks does not."""
    return json.dumps(recipe.settings(), sort_keys=True)


def analyse_tracks(
    tracks: Sequence[TrainingTrack],
    recipes: Sequence[FeatureRecipe],
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Analysed:
    """Make the frames of every track by every recipe; a track that fails one is left out.

    Parameters
    ----------
    recipes
        Of recipes of one name the last counts.
    folder
        Keeps log-mels from one call to the next, whatever the tracks.
    progress
        Called with the number of tracks done.
    """
    by_name = {recipe_name(recipe): recipe for recipe in recipes}
    # Sets that know tracks by the same ids share the stores: files are told apart by their place.
    files = [os.path.realpath(track.path) for track in tracks]
    stores = open_stores(
        folder,
        [replace(track, track_id=file) for track, file in zip(tracks, files, strict=True)],
        list(by_name.values()),
        jobs=jobs,
        progress=None if progress is None else lambda good, bad: progress(good + bad),
    )
    failures = dict(failure for store in stores for failure in store.failures)
    places = tuple(place for place, file in enumerate(files) if file not in failures)
    usable = {files[place] for place in places}
    return Analysed(
        tuple(tracks[place] for place in places),
        places,
        tuple(
            (track.track_id, failures[file])
            for track, file in zip(tracks, files, strict=True)
            if file in failures
        ),
        {name: store.only(usable) for name, store in zip(by_name, stores, strict=True)},
    )
