"""``segue corpus render``: a track that cannot be rendered fails the command, not the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from segue.cli import main
from segue.errors import DependencyMissing
from segue.trainer.corpus.external_programs import require_programs


def test_tracks_that_cannot_be_rendered_fail_the_command(tmp_path: Path) -> None:
    try:
        require_programs()
    except DependencyMissing as missing:
        pytest.skip(str(missing))
    (tmp_path / "r1-00000.wav").mkdir()
    words = ["corpus", "render", str(tmp_path), "--tracks", "2", "--seconds", "5"]
    result = CliRunner().invoke(main, [*words, "--format", "wav", "--jobs", "1"])
    assert result.exit_code == 1
    assert "track 0: " in result.stderr
    assert "segue: 1 of 2 tracks failed [TRACKS_NOT_RENDERED] " in result.stderr
    assert (tmp_path / "r1-00001.wav").is_file()
