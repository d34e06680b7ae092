"""How a stack is."""

from __future__ import annotations

from segue.service_status import LiveWorker, ServiceCondition, ServiceState, ServiceStatus
from segue.v1 import status_service_pb2 as messages
from segue.wire.times import seconds_from_message, seconds_to_message

SERVICES = ("index", "inference", "queue", "workers", "collaborative_source")
"""Names of the services behind the query service, which are field names too."""

_STATES = {
    ServiceState.SERVING: messages.PART_STATE_SERVING,
    ServiceState.DOWN: messages.PART_STATE_DOWN,
    ServiceState.UNKNOWN: messages.PART_STATE_UNKNOWN,
    ServiceState.NOT_CONFIGURED: messages.PART_STATE_NOT_CONFIGURED,
}
_STATES_BACK = {number: state for state, number in _STATES.items()}


def status_to_message(status: ServiceStatus) -> messages.GetStatusResponse:
    """Write how a stack is."""
    conditions = {
        name: _condition_message(condition) for name, condition in status.conditions.items()
    }
    message = messages.GetStatusResponse(
        healthy=status.healthy,
        version=status.version,
        index=messages.IndexStatus(
            part=conditions["index"],
            embedding_space=status.space,
            tracks=status.tracks,
            passages=status.passages,
            unindexed=status.unindexed,
        ),
        inference=messages.InferenceStatus(
            part=conditions["inference"],
            model=status.model,
            model_version=status.model_version,
            device=status.device,
        ),
        queue=messages.QueueStatus(
            part=conditions["queue"], depth=status.queued, dead_letters=status.dead_letters
        ),
        workers=messages.WorkersStatus(
            part=conditions["workers"],
            alive=[
                messages.WorkerStatus(
                    host=worker.host,
                    pid=worker.pid,
                    concurrency=worker.concurrency,
                    version=worker.version,
                    silence=seconds_to_message(worker.silence_seconds),
                )
                for worker in status.workers
            ],
        ),
        collaborative_source=messages.CollaborativeSourceStatus(
            part=conditions["collaborative_source"]
        ),
    )
    if status.oldest_age_seconds is not None:
        message.queue.oldest_age.CopyFrom(seconds_to_message(status.oldest_age_seconds))
    return message


def status_from_message(message: messages.GetStatusResponse) -> ServiceStatus:
    """Read how a stack is; a state that this version does not know is ``UNKNOWN``."""
    index, inference, queue = message.index, message.inference, message.queue
    return ServiceStatus(
        version=message.version,
        conditions={name: _condition(getattr(message, name).part) for name in SERVICES},
        space=index.embedding_space,
        tracks=index.tracks if index.HasField("tracks") else None,
        passages=index.passages if index.HasField("passages") else None,
        unindexed=index.unindexed if index.HasField("unindexed") else None,
        model=inference.model,
        model_version=inference.model_version,
        device=inference.device,
        queued=queue.depth if queue.HasField("depth") else None,
        oldest_age_seconds=(
            seconds_from_message(queue.oldest_age) if queue.HasField("oldest_age") else None
        ),
        dead_letters=queue.dead_letters if queue.HasField("dead_letters") else None,
        workers=[
            LiveWorker(
                host=worker.host,
                pid=worker.pid,
                concurrency=worker.concurrency,
                version=worker.version,
                silence_seconds=seconds_from_message(worker.silence),
            )
            for worker in message.workers.alive
        ],
    )


def _condition_message(condition: ServiceCondition) -> messages.PartStatus:
    return messages.PartStatus(
        state=_STATES[condition.state],
        reason=condition.reason,
        message=condition.message,
        next_step=condition.next_step,
    )


def _condition(message: messages.PartStatus) -> ServiceCondition:
    state = _STATES_BACK.get(message.state, ServiceState.UNKNOWN)
    return ServiceCondition(state, message.reason, message.message, message.next_step)
