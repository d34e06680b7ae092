"""Processes of a stack whose supervisor was killed: found by their mark, and ended."""

from __future__ import annotations

from pathlib import Path

import psutil

MARK = "SEGUE_STACK"
"""Environment variable that names the data folder in every process of a stack."""

_END_SECONDS = 5.0


def end_orphans(root: Path) -> list[int]:
    """End every process that carries the folder's mark.

    Call it only while holding the folder: then no living supervisor owns them. A process id alone
    would not do, because the system gives it to other processes again.

    Returns
    -------
    list[int]
        Ids of the ended processes.
    """
    orphans = [process for process in psutil.process_iter() if _bears_mark(process, root)]
    for process in orphans:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(orphans, timeout=_END_SECONDS)
    return [process.pid for process in orphans]


def _bears_mark(process: psutil.Process, root: Path) -> bool:
    if process.pid == psutil.Process().pid:
        return False
    try:
        return bool(process.environ().get(MARK) == str(root))
    except (psutil.Error, OSError):
        return False
