"""The listening test: the next trial, what is heard in it, and what it is rated with.

An answer says nothing that tells what a track is or which system chose it: tracks have names that
are other ones for every rater, and in every trial.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from segue.errors import InvalidArgument, NotFound
from segue.listening_test.blinding import Rater
from segue.listening_test.plan import Plan, Trial
from segue.v1 import catalog_service_pb2, track_pb2
from segue.web.api.audio import playable
from segue.web.api.calls import backend_of
from segue.web.api.json_reading import parsed
from segue.web.api.json_writing import NOT_KEPT
from segue.web.api.requests import check_query, json_body, path_text, require
from segue.web.callers import Role, caller_of
from segue.web.listening_test.course import ListeningTest, Progress
from segue.web.listening_test.hearing import can_be_heard
from segue.web.media import tracks

_TRIALS_AT_ONCE = 50


class ListeningTestDone(NotFound):
    """There is nothing left for a rater to rate."""

    reason = "LISTENING_TEST_DONE"
    next_step = "Thank you. The owner of the stack reads the answers with: segue listening show"


async def next_trial(request: Request) -> Response:
    """Give the next trial that the caller has not rated, with what there is to hear."""
    require(request, Role.LISTENER)
    check_query(request, ())
    test = _test(request)
    plan, rater, waiting, progress = await asyncio.to_thread(_course, request)
    for first in range(0, len(waiting), _TRIALS_AT_ONCE):
        some = waiting[first : first + _TRIALS_AT_ONCE]
        known = await _hearable(request, plan, some)
        for trial in some:
            if all(one in known for one in trial.tracks):
                body = _described(test, plan, trial, rater, known)
                return _answer({**body, "progress": asdict(progress)})
    raise ListeningTestDone(
        f"of {progress.trials} trials, you have rated {progress.rated} and passed over "
        f"{progress.skipped}; there are no others"
    )


async def trial_audio(request: Request) -> Response:
    """Give the audio of a track of a trial, in an encoding that browsers play."""
    require(request, Role.LISTENER)
    check_query(request, ())
    plan, track_id = await asyncio.to_thread(_named_track, request)
    caller = caller_of(request)
    audio = await tracks.audio_of_track(backend_of(request), track_id, caller, plan.catalogue)
    return await playable(request, audio.file, replace(audio.as_it_is(), file_name=""), "")


async def rate_trial(request: Request) -> Response:
    """Take down how the caller rates the candidates of a trial, or that they pass it over."""
    require(request, Role.LISTENER)
    check_query(request, ())
    said = parsed(await json_body(request) or b"{}")
    trial_id, ratings = _said(said)
    progress = await asyncio.to_thread(_taken_down, request, trial_id, ratings)
    return _answer({"progress": asdict(progress)})


def _test(request: Request) -> ListeningTest:
    test: ListeningTest = request.app.state.listening_test
    return test


def _course(request: Request) -> tuple[Plan, Rater, list[Trial], Progress]:
    test = _test(request)
    plan = test.plan()
    rater = test.rater(caller_of(request).account_id)
    return plan, rater, test.waiting(rater), test.progress(rater)


def _named_track(request: Request) -> tuple[Plan, str]:
    test = _test(request)
    plan = test.plan()
    rater = test.rater(caller_of(request).account_id)
    return plan, test.track(path_text(request, "trial"), rater, path_text(request, "sound"))


def _taken_down(request: Request, trial_id: str, ratings: Mapping[str, int] | None) -> Progress:
    test = _test(request)
    rater = test.rater(caller_of(request).account_id)
    if ratings is None:
        test.skip(rater, trial_id)
    else:
        test.rate(rater, trial_id, ratings)
    return test.progress(rater)


async def _hearable(
    request: Request, plan: Plan, trials: Iterable[Trial]
) -> dict[str, track_pb2.Track]:
    """Tracks of trials that can still be heard, by id."""
    asked = catalog_service_pb2.GetTracksRequest(
        catalogue=plan.catalogue,
        track_ids=list(dict.fromkeys(one for trial in trials for one in trial.tracks)),
        view=track_pb2.TRACK_VIEW_FULL,
    )
    reader = caller_of(request).as_reader
    answered = await backend_of(request).call("CatalogService", "GetTracks", asked, reader)
    return {one.track_id: one for one in answered.tracks if can_be_heard(one)}


def _described(
    test: ListeningTest,
    plan: Plan,
    trial: Trial,
    rater: Rater,
    known: Mapping[str, track_pb2.Track],
) -> dict[str, Any]:
    gains = matched_gains(known[one] for one in trial.tracks)

    def sound(name: str, track_id: str) -> dict[str, Any]:
        seconds = known[track_id].duration_seconds
        return {"sound": name, "duration_seconds": seconds, "gain_db": gains[track_id]}

    query = test.blinding.name(plan, trial, rater, trial.query)
    candidates = test.blinding.in_order(plan, trial, rater)
    return {
        "trial": trial.trial_id,
        "query": sound(query, trial.query),
        "candidates": [sound(name, one.track_id) for name, one in candidates.items()],
    }


def matched_gains(heard: Iterable[track_pb2.Track]) -> dict[str, float]:
    """Gains in dB by id that bring tracks to one loudness; all 0 where that of one is not known.

    Players can make tracks quieter only: all come down to the level of the quietest.
    """
    tracks_heard = list(heard)
    if not all(one.metadata.HasField("track_gain_db") for one in tracks_heard):
        return dict.fromkeys((one.track_id for one in tracks_heard), 0.0)
    loudest = max(one.metadata.track_gain_db for one in tracks_heard)
    return {one.track_id: one.metadata.track_gain_db - loudest for one in tracks_heard}


def _said(said: Any) -> tuple[str, dict[str, int] | None]:
    if not isinstance(said, dict):
        raise InvalidArgument("body", "must be an object")
    for name in said:
        if name not in ("trial", "ratings", "skip"):
            raise InvalidArgument(name, "no such field; trial, ratings, skip")
    trial_id, ratings = said.get("trial"), said.get("ratings")
    if not isinstance(trial_id, str) or not trial_id:
        raise InvalidArgument("trial", "must be given")
    if "skip" in said:
        if said["skip"] is not True or ratings is not None:
            raise InvalidArgument("skip", "must be true, and has no ratings beside it")
        return trial_id, None
    if not isinstance(ratings, dict):
        raise InvalidArgument("ratings", "must be an object: of each candidate its rating")
    for rating in ratings.values():
        # True is a whole number to Python.
        if not isinstance(rating, int) or isinstance(rating, bool):
            raise InvalidArgument("ratings", "must be whole numbers from 1 to 10")
    return trial_id, ratings


def _answer(body: dict[str, Any]) -> Response:
    return JSONResponse(body, headers=NOT_KEPT)
