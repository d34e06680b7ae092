"""What is shown of the folder of kept uploads."""

from __future__ import annotations

import asyncio
import hashlib
import math
from pathlib import Path

from prometheus_client import REGISTRY

from segue.media.kept_rows import Use
from segue.media.kept_uploads import KeptUploads
from segue.query.kept_metrics import show


def shown() -> tuple[float | None, ...]:
    return (
        REGISTRY.get_sample_value("segue_kept_uploads"),
        REGISTRY.get_sample_value("segue_kept_uploads_bytes", {"kind": "used"}),
        REGISTRY.get_sample_value("segue_kept_uploads_bytes", {"kind": "limit"}),
    )


def keep(kept: KeptUploads, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    with path.open("rb") as file:
        kept.keep(file, digest, Use("a", "space-v1", digest), guests=False)


def test_files_and_bytes_are_shown_beside_the_limit(tmp_path: Path) -> None:
    kept = KeptUploads(tmp_path / "kept", most_bytes=1_000)
    asyncio.run(show(kept))
    assert shown() == (0, 0, 1_000)
    keep(kept, tmp_path / "a", b"x" * 300)
    asyncio.run(show(kept))
    assert shown() == (1, 300, 1_000)


def test_nothing_is_known_while_the_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asyncio.run(show(KeptUploads(tmp_path / "file" / "kept", most_bytes=1_000)))
    assert all(value is not None and math.isnan(value) for value in shown())
