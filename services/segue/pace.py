"""How slowly what travels over the network may go on."""

from __future__ import annotations

LEAST_BYTES_PER_SECOND = 2_048
"""16 kbit/s: less than any audio takes that is played while it comes."""


class Pace:
    """Whether bytes go on as fast as they have to, while somebody waits for them.

    A pause is as long as a whole span at most, and who sends or takes in one byte now and then
    gains nothing by it.

    Parameters
    ----------
    span_seconds
        Of waiting, after which it is seen how many bytes have come meanwhile.
    """

    def __init__(self, span_seconds: float) -> None:
        self._span_seconds = span_seconds
        self.begin()

    def begin(self) -> None:
        """Begin a span anew, such as after a time in which nobody waited."""
        self._waited_seconds = 0.0
        self._bytes = 0

    def holds(self, waited_seconds: float, size: int) -> bool:
        """Note that ``size`` bytes went on after some waiting; whether all is fast enough."""
        self._waited_seconds += waited_seconds
        self._bytes += size
        if self._waited_seconds < self._span_seconds:
            return True
        fast = self._bytes >= LEAST_BYTES_PER_SECOND * self._waited_seconds
        self.begin()
        return fast
