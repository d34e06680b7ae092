"""What rendering needs outside Python is named where it is missing."""

import pytest

from segue.errors import DependencyMissing
from segue.trainer.corpus import external_programs


def test_missing_programs_are_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(external_programs.shutil, "which", lambda name: None)
    with pytest.raises(DependencyMissing, match="mma, fluidsynth") as caught:
        external_programs.require_programs()
    assert caught.value.reason == "DEPENDENCY_MISSING"
    assert "apt install" in caught.value.next_step


def test_a_missing_sound_font_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv(external_programs.SOUND_FONT_VARIABLE, str(tmp_path / "none.sf2"))
    with pytest.raises(DependencyMissing, match=r"none\.sf2"):
        external_programs.sound_font()
