"""Files that end the process that opens them, as a fault in a decoder does."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any


class DeadlyFile(type(Path())):  # type: ignore[misc]
    """A path whose opening ends the process by SIGKILL; it can be stat-ed and pickled."""

    def open(self, *_: Any, **__: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


class CrashingFile(type(Path())):  # type: ignore[misc]
    """The same by SIGSEGV."""

    def open(self, *_: Any, **__: Any) -> Any:
        os.kill(os.getpid(), signal.SIGSEGV)
