"""The index that a URL names."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from segue.errors import IndexUnavailable
from segue.index.by_url import open_index, tell_of_plain_key
from segue.index.edge.index import EdgeIndex
from segue.index.exact import ExactIndex
from segue.settings import IndexSettings, InvalidSetting


async def test_embedded(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    settings = IndexSettings(index_url=folder.as_uri().replace("file:", "edge:"))
    index = await open_index(settings, space="s-v1", dimension=4, genre_dimension=2)
    assert isinstance(index, EdgeIndex)
    assert (folder / "tracks.s-v1").is_dir()
    await index.close()


async def test_exact() -> None:
    settings = IndexSettings(index_url="exact://")
    assert isinstance(await open_index(settings, space="s-v1", dimension=4), ExactIndex)


async def test_a_store_cannot_be_searched() -> None:
    with pytest.raises(InvalidSetting, match="segue"):
        await open_index(IndexSettings(index_url="segue://h:1"), space="s-v1", dimension=4)


@pytest.mark.parametrize("scheme", ["qdrant", "qdrants"])
async def test_a_server_that_is_not_there(scheme: str, unused_tcp_port: int) -> None:
    settings = IndexSettings(
        index_url=f"{scheme}://127.0.0.1:{unused_tcp_port}", index_timeout_seconds=2.0
    )
    with pytest.raises(IndexUnavailable) as failed:
        await open_index(settings, space="s-v1", dimension=4)
    assert failed.value.retryable


def test_no_engine_is_imported_before_it_is_used() -> None:
    script = (
        "import sys, segue.index.by_url as o\n"
        "print(sorted(m for m in sys.modules if m.startswith(('qdrant_', 'grpc'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "key", "told"),
    [
        ("qdrant://qdrant:6334", "s3cret", True),
        ("qdrant://10.0.0.7:6334", "s3cret", True),
        ("qdrant://127.0.0.1:6334", "s3cret", False),
        ("qdrant://[::1]:6334", "s3cret", False),
        ("qdrant://localhost:6334", "s3cret", False),
        ("qdrants://qdrant:6334", "s3cret", False),
        ("qdrant://qdrant:6334", "", False),
        ("segue://query:50051", "s3cret", False),
        ("edge:///var/lib/segue", "s3cret", False),
    ],
)
def test_a_key_on_its_way_to_another_machine_is_told(
    url: str, key: str, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        tell_of_plain_key(IndexSettings(index_url=url, index_api_key=key))
    assert bool(caplog.records) is told
    for record in caplog.records:
        assert record.levelname == "INFO"
        assert "unencrypted" in record.message
        assert url.split("/")[2].split(":")[0] in record.message
        assert key not in record.message
