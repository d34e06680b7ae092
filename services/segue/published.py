"""What is said of a version of something that is published: written as JSON, and read back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, ClassVar, Self

from segue.errors import SegueError


class About:
    """What all such sayings have in common; each is a dataclass of what JSON can hold."""

    __slots__ = ()

    WHAT: ClassVar[str]
    """What is published, in a message."""

    UNUSABLE: ClassVar[type[SegueError]]
    """Raised for what cannot be read."""

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))  # type: ignore[call-overload]  # each is a dataclass

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read it back.

        Raises
        ------
        SegueError
            ``UNUSABLE``, when it is something else, as what a later version of Segue wrote may be.
        """
        try:
            said: dict[str, Any] = json.loads(text)
            return cls(**said)
        except (ValueError, TypeError) as exc:
            raise cls.UNUSABLE(f"what is published of {cls.WHAT} cannot be read") from exc
