"""Ranges and times as they are typed."""

from __future__ import annotations

import re

import click

_NUMBER = r"\d+(?:\.\d+)?"


class RangeType(click.ParamType["tuple[float | None, float | None]"]):
    """``1990-1999``, ``1990-`` (no upper bound), ``-1999`` (no lower bound) or ``1990``."""

    name = "FROM-TO"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float | None, float | None]:
        match = re.fullmatch(rf"({_NUMBER})?(-)?({_NUMBER})?", str(value).strip())
        if match is None or not any(match.group(1, 3)):
            self.fail(f"{value!r} is not a range such as 1990-1999, 1990- or -1999", param, ctx)
        low, dash, high = match.groups()
        if dash is None:
            high = low
        return (float(low) if low else None, float(high) if high else None)


class ClockType(click.ParamType[float]):
    """Seconds as a number (``90``, ``1.5``) or by the clock (``1:30``, ``1:02:03``)."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        parts = text.split(":")
        if not re.fullmatch(rf"(?:\d+:){{0,2}}{_NUMBER}", text, re.ASCII) or len(text) > 32:
            self.fail(f"{value!r} is not a time such as 90, 1:30 or 1:02:03", param, ctx)
        seconds = 0.0
        for place, part in enumerate(parts):
            # The first may be more: 90:00 is an hour and a half.
            if place and float(part) >= 60:
                self.fail(f"{value!r}: {part} is more than 59 after a colon", param, ctx)
            seconds = seconds * 60 + float(part)
        return seconds
