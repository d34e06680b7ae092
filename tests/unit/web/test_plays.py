"""How much an account may record: never too little for people and their players."""

from __future__ import annotations

import pytest

from segue.errors import Overloaded, Unavailable
from segue.limits import MOST_INTERACTIONS
from segue.v1.listener_service_pb2 import Interaction, RecordInteractionsRequest
from segue.web.allowance import MOST_KNOWN, Allowance
from segue.web.callers import OWNER, Role, WebCaller
from segue.web.plays import AT_ONCE, Plays

ANN, BOB = (WebCaller(Role.LISTENER, name, name) for name in ("ann", "bob"))
ANYBODY = WebCaller(Role.OWNER, machine="192.0.2.7", proven=False)


class Recorder:
    """The query service as far as it is asked, which a test may break."""

    def __init__(self) -> None:
        self.taken: list[tuple[WebCaller, int]] = []
        self.answers = True

    async def call(self, service, method, request, caller):
        assert (service, method) == ("ListenerService", "RecordInteractions")
        if not self.answers:
            raise Unavailable("switched off")
        assert len(request.interactions) <= MOST_INTERACTIONS
        self.taken.append((caller, len(request.interactions)))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def plays(count: int) -> list[Interaction]:
    return [Interaction(track_id="a") for _ in range(count)]


async def test_a_backlog_of_months_and_every_day_after_it_is_taken(recorder: Recorder) -> None:
    now = 0.0
    taken_down = Plays(recorder, lambda: now)
    await taken_down.record_all(plays(AT_ONCE), ANN)
    for _ in range(24 * 60):  # a play every other second, a whole day long
        now += 60.0
        await taken_down.record_all(plays(30), ANN)
    assert sum(count for _, count in recorder.taken) == AT_ONCE + 24 * 60 * 30
    assert {caller for caller, _ in recorder.taken} == {ANN.as_reader}


@pytest.mark.parametrize("caller", [ANN, ANYBODY])
async def test_more_is_refused_whole_and_until_there_is_room(
    recorder: Recorder, caller: WebCaller
) -> None:
    now = 0.0
    taken_down = Plays(recorder, lambda: now)
    await taken_down.record_all(plays(AT_ONCE - 5), caller)
    before = len(recorder.taken)
    with pytest.raises(Overloaded) as refused:
        await taken_down.record_all(plays(15), caller)
    assert refused.value.reason == "TOO_MANY_PLAYS"
    assert refused.value.retry_after_seconds == 10.0
    assert len(recorder.taken) == before
    await taken_down.record(RecordInteractionsRequest(interactions=plays(5)), caller)
    await taken_down.record_all(plays(100), BOB)
    await taken_down.record_all(plays(2 * AT_ONCE), OWNER)
    now = 15.0
    await taken_down.record_all(plays(15), caller)


async def test_what_was_not_recorded_does_not_count(recorder: Recorder) -> None:
    taken_down = Plays(recorder, lambda: 0.0)
    recorder.answers = False
    for _ in range(3):
        with pytest.raises(Unavailable, match="switched off"):
            await taken_down.record_all(plays(AT_ONCE), ANN)
    recorder.answers = True
    await taken_down.record_all(plays(AT_ONCE), ANN)


def test_the_longest_idle_of_very_many_is_forgotten() -> None:
    allowance = Allowance(1, 1.0, lambda: 0.0)
    for number in range(MOST_KNOWN + 1):
        allowance.spend(str(number))
    assert [allowance.wait_seconds(one) for one in ("0", "1", str(MOST_KNOWN))] == [0.0, 1.0, 1.0]
