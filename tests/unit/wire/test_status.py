"""How a stack is, as a message and back."""

from __future__ import annotations

import pytest

from segue.errors import NoWorker, QueueUnavailable
from segue.service_status import LiveWorker, ServiceCondition, ServiceState, ServiceStatus
from segue.wire.status import SERVICES, status_from_message, status_to_message

WELL = dict.fromkeys(SERVICES, ServiceCondition(ServiceState.SERVING))
KNOWN = ServiceStatus(
    version="1.2.3",
    conditions=WELL,
    space="segue-v1",
    tracks=0,
    passages=17,
    unindexed=3,
    model="segue",
    model_version=1,
    device="cpu",
    queued=0,
    oldest_age_seconds=0.0,
    dead_letters=2,
    workers=[LiveWorker("host", 7, 2, "1.2.3", 1.5)],
)
UNKNOWN = ServiceStatus(
    version="1.2.3",
    conditions={
        **WELL,
        "queue": ServiceCondition.of(ServiceState.DOWN, QueueUnavailable("it is away")),
        "workers": ServiceCondition.of(ServiceState.UNKNOWN, NoWorker("nobody")),
        "collaborative_source": ServiceCondition(ServiceState.NOT_CONFIGURED),
    },
)


@pytest.mark.parametrize("status", [KNOWN, UNKNOWN])
def test_a_status_comes_back_as_it_went(status: ServiceStatus) -> None:
    message = status_to_message(status)
    assert status_from_message(message) == status
    assert message.healthy is status.healthy


def test_a_stack_is_healthy_without_what_it_was_never_given() -> None:
    assert KNOWN.healthy
    assert not UNKNOWN.healthy
    none_configured = ServiceCondition(ServiceState.NOT_CONFIGURED)
    assert ServiceStatus("1.2.3", {**WELL, "collaborative_source": none_configured}).healthy


def test_a_state_of_a_later_version_is_unknown() -> None:
    message = status_to_message(KNOWN)
    message.index.part.state = 99
    assert status_from_message(message).conditions["index"].state is ServiceState.UNKNOWN
