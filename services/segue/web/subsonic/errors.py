"""Errors with the codes of Subsonic's API, in which all others are told."""

from __future__ import annotations

from enum import IntEnum

from segue.errors import (
    InvalidRequest,
    NotFound,
    NotPermitted,
    SegueError,
    SourceError,
    SourceForbidden,
)
from segue.texts import shown
from segue.web.backend import CallRefused
from segue.web.problems import http_status


class Code(IntEnum):
    """What is wrong, as the API numbers it; others of its numbers say what cannot happen here."""

    GENERIC = 0
    PARAMETER_MISSING = 10
    WRONG_CREDENTIALS = 40
    CONFLICTING_MECHANISMS = 43
    WRONG_API_KEY = 44
    NOT_PERMITTED = 50
    NOT_FOUND = 70


class SubsonicError(InvalidRequest):
    """An error that has a code already."""

    reason = "SUBSONIC_REQUEST_REFUSED"

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    @classmethod
    def missing(cls, parameter: str) -> SubsonicError:
        """A parameter is not there."""
        return cls(Code.PARAMETER_MISSING, f"Required parameter is missing: {parameter}")

    @classmethod
    def not_found(cls, identifier: str) -> SubsonicError:
        """Nothing has this id."""
        return cls(Code.NOT_FOUND, f"There is nothing with the id {shown(identifier)[:80]!r}")


def code_of(error: SegueError) -> Code:
    """The code that tells an error best."""
    if isinstance(error, SubsonicError):
        return error.code
    if isinstance(error, CallRefused):
        return _code_of_refusal(error)
    if isinstance(error, NotFound):
        return Code.NOT_FOUND
    return Code.NOT_PERMITTED if isinstance(error, NotPermitted) else Code.GENERIC


def message_of(error: SegueError) -> str:
    """An error as one text for a person; clients show nothing else."""
    if isinstance(error, SubsonicError):
        return str(error)
    return f"{error} [{error.reason}] {error.next_step}".strip()


def _code_of_refusal(error: CallRefused) -> Code:
    status = http_status(error)
    if status == 404 or error.reason == SourceError.reason:
        return Code.NOT_FOUND
    if status == 403 or error.reason == SourceForbidden.reason:
        return Code.NOT_PERMITTED
    return Code.GENERIC
