"""What to do about an error at the command line, where that of the API names calls and fields."""

from __future__ import annotations

from segue.errors import SegueError, next_step_for

_STEPS = {
    "DEADLINE_EXCEEDED": "Allow more time with --timeout, or ask for less.",
    "HALVES_MISSING": "Leave --sound-weight out, or serve a model with halves, such as segue.",
    "JOB_NOT_FOUND": (
        "Check the job id with: segue jobs list. Finished jobs are forgotten after a week."
    ),
    "LISTENER_UNKNOWN": (
        "Record what the listener plays first (segue listeners record), or search by other seeds."
    ),
    "PAGE_TOKEN_INVALID": (
        "Start again without --page-token, and keep all other words and options unchanged."
    ),
    "SEEDS_OVER_LENGTH": (
        "Ask for a longer playlist (--tracks, --minutes), give fewer seeds, or leave out "
        "--with-seeds."
    ),
    "SEEDS_UNKNOWN": "Leave them out, or give --skip-unknown to search by the rest.",
    "TRACK_CHANGED": "Look at the track again (segue track ID), and decide again what to change.",
    "TRACK_NOT_FOUND": (
        "Find its id with: segue tracks WORDS. Or ingest the track; each model has a catalogue of "
        "its own: after a change of the model, ingest the tracks again."
    ),
}
"""By reason."""


def next_step_at_command(error: SegueError) -> str:
    """Next step of an error for whoever uses the command line.

    One that was written for the very case says more than the table, and stays.
    """
    if error.next_step != next_step_for(error.reason):
        return error.next_step
    return _STEPS.get(error.reason, error.next_step)
