"""Two query services on one Redis: what is published to it is served by both, and by one alone."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import urllib.request

import grpc
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from e2e.test_outages import without
from segue.owner_token import METADATA_KEY
from segue.stack.ports import free_ports
from segue.v1 import similarity_service_pb2 as messages
from segue.v1 import status_service_pb2
from segue.v1.similarity_service_pb2_grpc import SimilarityServiceStub
from segue.v1.status_service_pb2_grpc import StatusServiceStub
from waiting import until

pytestmark = pytest.mark.timeout(400)

POLL_SECONDS = 1
TRACKS = [f"two-{number:03d}" for number in range(6)]
LOW, HIGH = TRACKS[0::2], TRACKS[1::2]


class Replica:
    """A query service that is asked for itself."""

    def __init__(self, address, metrics, token):
        self.address, self.metrics = address, metrics
        # Only the owner names a listener; both services know the same one.
        self._owner = ((METADATA_KEY, f"Bearer {token}"),)

    @contextlib.contextmanager
    def _channel(self):
        # A new one each time: none waits before it connects to a process that was started again.
        with grpc.insecure_channel(self.address) as channel:
            yield channel

    def version(self):
        with self._channel() as channel:
            request = status_service_pb2.GetServerInfoRequest()
            answer = StatusServiceStub(channel).GetServerInfo(
                request, timeout=60, wait_for_ready=True
            )
        return answer.factors_version

    def scores_of(self, listener):
        """Collaborative score of each track that a mixed search from a low tone answers with."""
        request = messages.SearchSimilarTracksRequest(
            seed=messages.Seed(track_id=LOW[0]),
            mix=messages.HybridMix(user_id=listener),
            page_size=len(TRACKS),
        )
        with self._channel() as channel:
            answer = SimilarityServiceStub(channel).SearchSimilarTracks(
                request, timeout=60, wait_for_ready=True, metadata=self._owner
            )
        assert answer.collaborative_status == messages.COLLABORATIVE_STATUS_USED, answer
        return {one.track.track_id: one.collaborative_score for one in answer.results}

    def series(self, name):
        """What its metrics page shows of a metric, as labels and value."""
        with urllib.request.urlopen(f"http://{self.metrics}", timeout=60) as page:
            families = text_string_to_metric_families(page.read().decode())
            return [
                (one.labels, one.value)
                for family in families
                for one in family.samples
                if one.name == name
            ]


def follows(replicas, version):
    """Every replica serves the version, and shows it alone."""
    until(lambda: all(one.version() == version for one in replicas))
    for one in replicas:
        loaded = {"what": "factors", "version": version}
        assert one.series("segue_learned_info") == [(loaded, 1.0)]
        assert ({"what": "factors"}, 0.0) in one.series("segue_learned_failing")


def prefers(replicas, liked, others):
    for one in replicas:
        scores = one.scores_of("ann")
        best = max(scores[track] for track in liked if track in scores)
        assert best > max(scores[track] for track in others if track in scores), scores


@pytest.fixture(scope="module")
def both(start_stack, run_segue, clips, tmp_path_factory):
    """A stack, and a query service of the same queue over a copy of the same catalogue."""
    root = tmp_path_factory.mktemp("replicas")
    variables = {
        "SEGUE_FACTORS_POLL_SECONDS": str(POLL_SECONDS),
        # By default a late answer is done without, and late is soon.
        "SEGUE_COLLABORATIVE_TIMEOUT_SECONDS": "20",
    }
    first = start_stack(root / "data", **variables)
    assert run_segue("ingest", clips("two", len(TRACKS)), stack=first).code == 0
    assert first.stop() == 0
    # An embedded index belongs to one process.
    shutil.copytree(first.folder.index, root / "index")
    stack = start_stack(root / "data", **variables)
    port, metrics = free_ports(2)
    environment = {
        **psutil.Process(stack.state.parts["query"].pid).environ(),
        "SEGUE_LISTEN": f"127.0.0.1:{port}",
        "SEGUE_METRICS_PORT": str(metrics),
        "SEGUE_INDEX_URL": f"edge://{root / 'index'}",
    }
    with (
        (root / "second.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "segue", "query"], env=environment, stderr=log
        ) as second,
    ):
        try:
            yield (
                stack,
                second,
                Replica(stack.address, stack.state.parts["query"].metrics, stack.token),
                Replica(f"127.0.0.1:{port}", f"127.0.0.1:{metrics}/metrics", stack.token),
            )
        finally:
            second.kill()


def plays(path, mine, others):
    """Ann and half of the listeners play some tracks, the other half the others."""
    chance = random.Random(7)
    lines = ["user_id,track_id,kind"]
    for listener in ("ann", *(f"listener {number}" for number in range(39))):
        own = mine if listener == "ann" or int(listener.split()[1]) % 2 else others
        known = [track for track in TRACKS if chance.random() < (0.9 if track in own else 0.05)]
        # All of one taste know some tracks that the catalogue lacks.
        side = "a" if own is mine else "b"
        known += [f"{side}{number}" for number in range(20) if chance.random() < 0.5]
        lines += [f"{listener},{track},play" for track in known]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_is_published_is_served_by_both_and_by_one_that_is_left(both, run_segue, tmp_path):
    stack, second, *replicas = both

    def published(name, mine, others):
        done = run_segue(
            *("cf", "train", plays(tmp_path / name, mine, others)),
            *("--factors", "8", "--json"),
            stack=stack,
        )
        assert done.code == 0, done.stderr
        return done.json["factors"]["version"]

    low = published("low.csv", LOW, HIGH)
    follows(replicas, low)
    prefers(replicas, LOW[1:], HIGH)

    high = published("high.csv", HIGH, LOW)
    follows(replicas, high)
    prefers(replicas, HIGH, LOW[1:])

    # While one is gone the other goes on, and takes what is chosen meanwhile.
    with without(stack, "query"):
        assert run_segue("cf", "use", low, stack=stack).code == 0
        follows(replicas[1:], low)
        prefers(replicas[1:], LOW[1:], HIGH)
    replicas[0] = Replica(stack.address, stack.state.parts["query"].metrics, stack.token)
    follows(replicas, low)
    prefers(replicas, LOW[1:], HIGH)

    os.kill(second.pid, signal.SIGKILL)
    second.wait()
    assert run_segue("cf", "use", high, stack=stack).code == 0
    follows(replicas[:1], high)
    prefers(replicas[:1], HIGH, LOW[1:])
