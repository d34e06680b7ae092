"""Factors in a folder: to learn on one machine and publish from another."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from segue.durable import private_file, write_private
from segue.errors import FactorsUnusable
from segue.factors import (
    FactorsAbout,
    FactorTable,
    ListenerFactors,
    table_from_bytes,
    table_to_bytes,
)

_TRACKS, _LISTENERS, _ABOUT = "tracks.factors", "listeners.npz", "about.json"


def write_factors(
    folder: Path, table: FactorTable, listeners: ListenerFactors, about: FactorsAbout
) -> None:
    """Write factors into a folder that only this user reads; what is there is replaced.

    Raises
    ------
    FactorsUnusable
        When the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / _ABOUT).unlink(missing_ok=True)  # it comes last: without it nothing is whole
        write_private(folder / _TRACKS, table_to_bytes(table))
        with private_file(folder / _LISTENERS) as file:
            np.savez(file, user_ids=np.array(listeners.user_ids), factors=listeners.factors)
        write_private(folder / _ABOUT, about.to_json().encode())
    except OSError as exc:
        raise FactorsUnusable(
            f"{folder} cannot be written: {exc.strerror}",
            next_step="Make room, or name a place that can be written.",
        ) from exc


def read_factors(folder: Path) -> tuple[FactorTable, ListenerFactors, FactorsAbout]:
    """Read what :func:`write_factors` wrote.

    Raises
    ------
    FactorsUnusable
        When the folder does not hold it whole.
    """
    try:
        about = FactorsAbout.from_json((folder / _ABOUT).read_text())
        table = table_from_bytes((folder / _TRACKS).read_bytes())
        with np.load(folder / _LISTENERS, allow_pickle=False) as found:
            users = ListenerFactors(found["user_ids"].tolist(), found["factors"])
    except (OSError, ValueError, KeyError, BadZipFile) as exc:
        raise FactorsUnusable(
            f"{folder} holds no whole factors",
            next_step="Name a folder that segue cf train --output wrote.",
        ) from exc
    if users.factors.shape != (len(users.user_ids), table.factors.shape[1]):
        raise FactorsUnusable(f"{folder} holds listeners of other factors than its tracks")
    return table, users, about
