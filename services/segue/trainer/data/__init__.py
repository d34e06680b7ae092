"""What is trained on: tracks of the data sets that people have, and their split."""

from segue.trainer.data.manifest import MANIFEST
from segue.trainer.data.reading import Kind, read_tracks
from segue.trainer.data.track import Grouping, Split, TrainingTrack

__all__ = [
    "MANIFEST",
    "Grouping",
    "Kind",
    "Split",
    "TrainingTrack",
    "read_tracks",
]
