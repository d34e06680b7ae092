"""The data set hetrec2011-lastfm-2k (Cantador et al., RecSys 2011): who heard whom, and tags."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from segue.collaborative.models import Weights
from segue.errors import InvalidRequest


class DataSetUnusable(InvalidRequest):
    """A folder does not hold the data set that it should."""

    reason = "DATA_SET_UNUSABLE"
    next_step = "Unpack hetrec2011-lastfm-2k.zip, and name the folder with its .dat files."


@dataclass(frozen=True, slots=True, eq=False)
class LastFm:
    """1,892 listeners and 17,632 artists, which stand for tracks.

    Attributes
    ----------
    heard
        Shape (listeners, artists): 1 where a listener heard an artist.
    tags
        Shape (artists, tags): how many listeners gave the tag.
    """

    heard: Weights
    tags: Weights


def read_lastfm(folder: Path) -> LastFm:
    """Read the data set.

    Raises
    ------
    DataSetUnusable
        When a file is missing or holds something else.
    """
    heard = _numbers(folder / "user_artists.dat", 3)
    tagged = _numbers(folder / "user_taggedartists.dat", 6)
    users, user_rows = np.unique(heard[:, 0], return_inverse=True)
    artists, artist_rows = np.unique(heard[:, 1], return_inverse=True)
    known = np.isin(tagged[:, 1], artists)
    tags, tag_rows = np.unique(tagged[known, 2], return_inverse=True)
    tagged_rows = np.searchsorted(artists, tagged[known, 1])
    return LastFm(
        # Of plays, the first alone counts: segue.collaborative.listening.
        heard=sparse.csr_array(
            (np.ones(len(heard), np.float32), (user_rows, artist_rows)),
            shape=(len(users), len(artists)),
        ),
        tags=sparse.csr_array(
            (np.ones(len(tag_rows), np.float32), (tagged_rows, tag_rows)),
            shape=(len(artists), len(tags)),
        ),
    )


def _numbers(path: Path, columns: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    try:
        lines = path.read_text(encoding="latin-1").splitlines()[1:]
        rows = np.array([line.split("\t") for line in lines if line], dtype=np.int64)
    except (OSError, ValueError) as exc:
        raise DataSetUnusable(f"{path} cannot be read: {exc}") from exc
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise DataSetUnusable(f"{path} does not hold {columns} numbers in each line")
    return rows
