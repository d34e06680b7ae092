"""What is trained on: tracks of the data sets that people have, and their split."""

from segue.trainer.data.manifest import MANIFEST
from segue.trainer.data.reading import KINDS, Kind, read_tracks
from segue.trainer.data.track import GROUPINGS, Grouping, Split, TrainingTrack

__all__ = [
    "GROUPINGS",
    "KINDS",
    "MANIFEST",
    "Grouping",
    "Kind",
    "Split",
    "TrainingTrack",
    "read_tracks",
]
