"""Parameters of a call: of its address, and of its body where that is a form."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from segue.web.subsonic.errors import Code, SubsonicError

MOST_PARAMETERS = 20_000

_FORM = "application/x-www-form-urlencoded"


class Parameters:
    """What a call says; where one stands there several times, the first counts, but for lists."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        """A text."""
        return self._values[name][0] if name in self._values else default

    def given(self, name: str) -> bool:
        """Whether it is there, and says something."""
        return bool(self.get(name))

    def has(self, name: str) -> bool:
        """Whether it is there, though it may be empty."""
        return name in self._values

    def required(self, name: str) -> str:
        """A text that has to be there. Raises ``SubsonicError`` where it is not."""
        if not self.given(name):
            raise SubsonicError.missing(name)
        return self.get(name)

    def every(self, name: str) -> list[str]:
        """All values, without empty ones."""
        return [value for value in self._values.get(name, []) if value]

    def integer(self, name: str, default: int, *, most: int) -> int:
        """A whole number from 0 on; what is more than ``most`` counts as ``most``.

        Raises
        ------
        SubsonicError
            When it is no such number.
        """
        if not self.given(name):
            return min(default, most)
        return min(_whole(name, self.get(name)), most)

    def integers(self, name: str) -> list[int]:
        """Whole numbers from 0 on. Raises as :meth:`integer`."""
        return [_whole(name, value) for value in self.every(name)]

    def boolean(self, name: str, *, default: bool) -> bool:
        """Yes or no. Raises ``SubsonicError`` where it is neither."""
        text = self.get(name).lower()
        if text in ("true", "1", "yes"):
            return True
        if text in ("false", "0", "no"):
            return False
        if text:
            raise SubsonicError(Code.GENERIC, f"{name} is neither true nor false")
        return default


async def read_parameters(request: Request) -> Parameters:
    """Read the parameters of a request.

    Raises
    ------
    BodyTooLarge
        When a form has more than ``LARGEST_FORM_BYTES``.
    SubsonicError
        When there are more than ``MOST_PARAMETERS``.
    """
    texts = [request.url.query]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind == _FORM:
        texts.append((await request.body()).decode("utf-8", "replace"))
    try:
        pairs = [
            pair
            for text in texts
            for pair in parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        ]
    except ValueError as exc:
        raise SubsonicError(
            Code.GENERIC, f"there are more than {MOST_PARAMETERS} parameters"
        ) from exc
    return Parameters(pairs)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise SubsonicError(Code.GENERIC, f"{name} is no whole number from 0 on")
    return int(text)
