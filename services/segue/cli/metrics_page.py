"""Numbers from the metrics pages of running parts."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections import defaultdict

_SECONDS = 2.0
_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{.*\})? (?P<value>\S+)")


def read_metrics(metrics: str) -> dict[str, float]:
    """Sample name to value, summed over its labels; empty when nothing answers.

    Parameters
    ----------
    metrics
        ``host:port/path``.
    """
    try:
        with urllib.request.urlopen(f"http://{metrics}", timeout=_SECONDS) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as refused:
        refused.close()
        return {}
    except (OSError, ValueError):
        return {}
    sums: dict[str, float] = defaultdict(float)
    for line in text.splitlines():
        sample = _SAMPLE.match(line)
        if sample is not None:
            sums[sample["name"]] += float(sample["value"])
    return dict(sums)
