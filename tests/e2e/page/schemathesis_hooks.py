"""What Schemathesis does not try: null, which says nothing, wherever it stands in a body."""

from __future__ import annotations

import schemathesis


def holds_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(holds_null, value.values()))
    if isinstance(value, list):
        return any(map(holds_null, value))
    return value is None


@schemathesis.hook
def filter_body(context, body):
    return not holds_null(body)


@schemathesis.hook
def filter_case(context, case):
    return not holds_null(case.body)
