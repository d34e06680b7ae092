"""The programs outside Python that render the corpus: MMA, FluidSynth, a sound font, FFmpeg."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from segue.errors import DependencyMissing, InvalidRequest

SOUND_FONT_VARIABLE = "SEGUE_SOUND_FONT"
_SOUND_FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
)
_INSTALL = "On Debian or Ubuntu: apt install mma fluidsynth fluid-soundfont-gm ffmpeg"


def sound_font() -> Path:
    """The General MIDI sound font: that of ``SEGUE_SOUND_FONT``, or the one that is installed.

    Raises
    ------
    DependencyMissing
        When there is none; with what to install.
    InvalidRequest
        When the file is not a sound font.
    """
    chosen = os.environ.get(SOUND_FONT_VARIABLE)
    for place in (chosen,) if chosen else _SOUND_FONTS:
        if Path(place).is_file():
            _check_sound_font(Path(place))
            return Path(place)
    raise DependencyMissing(
        f"no General MIDI sound font at {chosen or _SOUND_FONTS[0]}",
        next_step=f"{_INSTALL} (or name a .sf2 file in {SOUND_FONT_VARIABLE}).",
    )


def require_programs(sound_fonts: Sequence[str] = ()) -> None:
    """Check that everything is there, with the named sound fonts or any when none is named.

    Raises
    ------
    DependencyMissing
        When something is not; with what to install.
    InvalidRequest
        When a file is not a sound font.
    """
    missing = [name for name in ("mma", "fluidsynth", "ffmpeg") if shutil.which(name) is None]
    if missing:
        raise DependencyMissing(f"not installed: {', '.join(missing)}", next_step=_INSTALL + ".")
    absent = [font for font in sound_fonts if not Path(font).is_file()]
    if absent:
        raise DependencyMissing(
            f"no such sound font: {', '.join(absent)}",
            next_step="Install it, or leave it out (other sounds then make another corpus).",
        )
    for font in sound_fonts:
        _check_sound_font(Path(font))
    if not sound_fonts:
        sound_font()


def _check_sound_font(path: Path) -> None:
    """Refuse what FluidSynth would not load: it goes on without a sound then, and ends well."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] not in (b"sfbk", b"DLS "):
        raise InvalidRequest(
            f"{path} is not a sound font",
            reason="SOUND_FONT_INVALID",
            next_step="Name a .sf2 or .sf3 file that FluidSynth can load.",
        )


def run_program(arguments: list[str], *, given: bytes | None = None, seconds: float = 120) -> bytes:
    """Run a program; give what it writes to standard output.

    Parameters
    ----------
    given
        Its standard input.
    seconds
        Most time that it may take.

    Raises
    ------
    RuntimeError
        When it fails; with its last words.
    subprocess.TimeoutExpired
        When it takes longer.
    """
    done = subprocess.run(arguments, input=given, capture_output=True, timeout=seconds, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).decode(errors="replace").strip()[-400:]
        raise RuntimeError(f"{arguments[0]} failed with status {done.returncode}: {words}")
    return done.stdout
