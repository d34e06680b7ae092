"""How a record of the log is written: nobody can forge a line of it, and it tells no secrets."""

from __future__ import annotations

import logging
import re
from types import TracebackType
from typing import TypeAlias

from segue.texts import shown, without_secrets

_LINE_END = re.compile(r"\s*\n\s*")
_INDENT = "    "

ExceptionInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class LineFormatter(logging.Formatter):
    """Writes a record on one line, and the trace of an exception on lines of its own below.

    Those are indented, so that what stands in an exception's message is never read as a record.
    Control characters are shown as escapes, and URIs without what may be secret in them.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # named by logging
        return _safe(_LINE_END.sub(" ", super().formatMessage(record).strip()))

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802  # named by logging
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  # named by logging
        return _indented(super().formatStack(stack_info))


def _safe(line: str) -> str:
    return shown(without_secrets(line))


def _indented(text: str) -> str:
    return "\n".join(_INDENT + _safe(line) for line in text.split("\n"))
