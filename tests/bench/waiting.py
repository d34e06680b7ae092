"""How long an honest track waits behind what strangers made to keep the workers busy."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path

from tests.bench.report import Row, at_most
from tests.bench.stack import BenchStack
from tests.e2e.hostile_place import HostilePlace
from tests.e2e.tones import write_tone

from segue.cli.client import SegueClient
from segue.v1 import catalog_service_pb2 as messages

ALLOWED = "127.0.0.2"
LIMIT_SECONDS = 5.0
_ATTACKS = 8
_FIELDS = 300_000


def measure(catalogue: Path, folder: Path) -> tuple[list[Row], dict[str, object]]:
    """Rows and raw numbers: seconds from sending a track of the owner's until it is indexed.

    Alone, behind URLs that give five bytes a second, and behind MP3s with 300,000 fields in their
    tags; a guest sent those before. All in one run, on one stack.
    """
    folder.mkdir(parents=True)
    bomb = _bomb((catalogue / "folk" / "demo-folk-2.mp3").read_bytes())
    environment = {"SEGUE_SOURCE_NETWORKS": ALLOWED, "SEGUE_MEDIA_ROOTS": str(folder)}
    seconds: dict[str, float] = {}
    with (
        HostilePlace(b"").serving(ALLOWED) as place,
        BenchStack(folder / "data", environment=environment) as stack,
        SegueClient(stack.address) as guest,
    ):
        _honest(stack, folder, 0)  # connections, and the model's first answer
        seconds["alone"] = _honest(stack, folder, 1)
        trickling = [f"http://{ALLOWED}:{place.port}/trickle/{n}" for n in range(_ATTACKS)]
        _send(guest, trickling)
        seconds[f"behind {_ATTACKS} trickling URLs"] = _honest(stack, folder, 2)
        paths = [folder / f"bomb-{n}.mp3" for n in range(_ATTACKS)]
        for number, path in enumerate(paths):
            path.write_bytes(bomb + bytes([number]))
        _send(guest, [path.as_uri() for path in paths])
        seconds[f"behind {_ATTACKS} MP3s of {_FIELDS:,} fields"] = _honest(stack, folder, 3)
    rows = [
        at_most("waiting", f"an honest track, {name}", waited, LIMIT_SECONDS, "s")
        for name, waited in seconds.items()
    ]
    return rows, {"seconds": seconds}


def _honest(stack: BenchStack, folder: Path, number: int) -> float:
    path = folder / f"honest-{number}.wav"
    write_tone(path, 300.0 + number, seed=number)
    with SegueClient(stack.address, token=stack.token) as owner:
        time.sleep(1.0)  # the attack takes hold
        began = time.monotonic()
        job_id = _send(owner, [path.as_uri()])
        *_, last = owner.watch(job_id)
        waited = time.monotonic() - began
    states = json.dumps({state.value: count for state, count in last.progress.counts.items()})
    if '"indexed": 1' not in states:
        raise RuntimeError(f"the honest track was not indexed: {states}")
    return waited


def _send(client: SegueClient, uris: list[str]) -> str:
    items = [messages.IngestItem(uri=uri) for uri in uris]
    answer = client.catalog("IngestTracks", messages.IngestTracksRequest(items=items))
    return str(answer.job_id)


def _bomb(mp3: bytes) -> bytes:
    body = b"".join(
        b"TXXX" + struct.pack(">I", 9) + b"\0\0\0" + b"%06d\0x" % number
        for number in range(_FIELDS)
    )
    size = bytes(len(body) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body + mp3
