"""What a file lost, and whether the rest of it counts.

A file of which at least ``LEAST_SHARE`` and at least ``LEAST_SECONDS`` decode is taken for what
decodes, and says so; so is one that lost no more than ``SLIGHT_SECONDS``, however short. Any other
is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from segue.errors import AudioError

LEAST_SHARE = 0.9
LEAST_SECONDS = 10.0
SLIGHT_SECONDS = 0.5
"""Lengths in headers are off by as much without anything missing."""


@dataclass(slots=True)
class Losses:
    """What became of a file's audio; counted while it is decoded.

    Attributes
    ----------
    decoded_seconds
        Length of what was decoded.
    lost_seconds
        What is missing by the file's own word, or by the place where reading failed.
    broken_frames
        Frames that do not decode.
    breaks_off
        The file ends before its audio does.
    """

    decoded_seconds: float = 0.0
    lost_seconds: float = 0.0
    broken_frames: int = 0
    breaks_off: bool = False

    @property
    def description(self) -> str:
        """What is wrong, such as ``decoded 171.2 s of 180.0 s; 3 broken frames``; empty: nothing.

        A file that does not say how long it is, and breaks off, counts as what it holds.
        """
        known = self.lost_seconds > SLIGHT_SECONDS
        if not (known or self.broken_frames or self.breaks_off):
            return ""
        whole = self.decoded_seconds + self.lost_seconds
        parts = [f"decoded {self.decoded_seconds:.1f} s" + (f" of {whole:.1f} s" if known else "")]
        if self.broken_frames:
            parts.append(f"{self.broken_frames} broken frame" + "s" * (self.broken_frames != 1))
        if self.breaks_off and not known:
            parts.append("the file breaks off")
        return "; ".join(parts)

    def judge(self, *, refuse: bool) -> None:
        """Refuse what lost too much.

        Parameters
        ----------
        refuse
            Refuse any damage.

        Raises
        ------
        AudioError
            ``AUDIO_TRUNCATED`` when the file breaks off, otherwise ``AUDIO_UNDECODABLE``.
        """
        found = self.description
        if not found or (not refuse and self._leaves_enough()):
            return
        reason = "AUDIO_TRUNCATED" if self.breaks_off else "AUDIO_UNDECODABLE"
        raise AudioError(f"the file is damaged: {found}", reason)

    def _leaves_enough(self) -> bool:
        whole = self.decoded_seconds + self.lost_seconds
        if self.decoded_seconds >= LEAST_SECONDS:
            return self.decoded_seconds >= LEAST_SHARE * whole
        return (
            not self.breaks_off
            and self.lost_seconds <= SLIGHT_SECONDS
            and self.decoded_seconds > self.lost_seconds
        )
