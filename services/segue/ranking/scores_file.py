"""A file of collaborative scores: the reference recommender.

CSV with the header ``user_id,track_id,score``, UTF-8. Rows with an empty user id hold for searches
without a listener.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping
from pathlib import Path

from segue.settings import InvalidSetting

HEADER = ["user_id", "track_id", "score"]


class ScoresFile:
    """Scores per listener: what a collaborative recommender has computed beforehand."""

    def __init__(self, scores: Mapping[str, Mapping[str, float]]) -> None:
        self._scores = scores

    @classmethod
    def read(cls, path: Path) -> ScoresFile:
        """Read a scores file; of two rows for the same pair the later counts.

        Raises
        ------
        InvalidSetting
            When the file cannot be read, or a row holds no score; the message names the line.
        """
        scores: dict[str, dict[str, float]] = {}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                rows = csv.reader(file)
                if next(rows, None) != HEADER:
                    raise InvalidSetting(f"{path}: the first line is not {','.join(HEADER)}")
                for row in rows:
                    if not row:
                        continue
                    user_id, track_id, score = _parse(path, rows.line_num, row)
                    scores.setdefault(user_id, {})[track_id] = score
        except (OSError, UnicodeDecodeError, csv.Error) as exc:
            raise InvalidSetting(f"{path} cannot be read as scores: {exc}") from exc
        return cls(scores)

    def answer(
        self,
        user_id: str,
        *,
        seeds: Collection[str],
        candidates: Collection[str],
        suggestion_limit: int,
    ) -> dict[str, float]:
        """Scores of those candidates that have one, and the listener's best other tracks."""
        own = self._scores.get(user_id, {})
        scores = {track: own[track] for track in candidates if track in own}
        if suggestion_limit > 0:
            others = own.keys() - scores.keys() - set(seeds)
            best = sorted(others, key=lambda track: (-own[track], track))[:suggestion_limit]
            scores.update((track, own[track]) for track in best)
        return scores


def _parse(path: Path, line: int, row: list[str]) -> tuple[str, str, float]:
    try:
        user_id, track_id, text = row
        score = float(text)
    except ValueError as exc:
        raise InvalidSetting(f"{path}:{line}: {row} is not user_id,track_id,score") from exc
    if not track_id or not math.isfinite(score):
        raise InvalidSetting(f"{path}:{line}: a row needs a track id and a finite score")
    return user_id, track_id, score
