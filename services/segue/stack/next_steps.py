"""What to do about a reason code that arrives without its next step."""

from __future__ import annotations

from segue.errors import AUDIO_REASONS, SegueError


def next_step_for(reason: str) -> str:
    """Next step of a reason of ``segue.errors``, or a general one for any other."""
    if reason in AUDIO_REASONS:
        return AUDIO_REASONS[reason]
    kinds = [SegueError]
    while kinds:
        kind = kinds.pop()
        if kind.reason == reason:
            return kind.next_step
        kinds += kind.__subclasses__()
    return "See `segue deadletters list` for what to do."
