"""Loudness in the listening test."""

from __future__ import annotations

import pytest

from segue.v1 import track_pb2
from segue.web.api.listening_test import matched_gains


def track(track_id, gain_db=None):
    made = track_pb2.Track(track_id=track_id)
    if gain_db is not None:
        made.metadata.track_gain_db = gain_db
    return made


def test_all_come_down_to_the_quietest():
    gains = matched_gains([track("loud", -9.5), track("quiet", 2.0), track("even", 0.0)])
    assert gains == pytest.approx({"loud": -11.5, "quiet": 0, "even": -2})


def test_where_one_is_not_known_all_stay_as_they_are():
    assert matched_gains([track("loud", -9.5), track("any")]) == {"loud": 0, "any": 0}
