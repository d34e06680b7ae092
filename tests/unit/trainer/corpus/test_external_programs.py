"""What rendering needs outside Python is named where it is missing."""

import pytest

from segue.errors import DependencyMissing, InvalidRequest
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


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x04\x00\x00\x00WAVEfmt ", b"no font"])
def test_what_is_not_a_sound_font_is_refused_before_anything_plays(monkeypatch, tmp_path, content):
    monkeypatch.setattr(external_programs.shutil, "which", lambda name: name)
    font = tmp_path / "some.sf2"
    font.write_bytes(content)
    with pytest.raises(InvalidRequest, match=r"some\.sf2 is not a sound font") as caught:
        external_programs.require_programs([str(font)])
    assert caught.value.reason == "SOUND_FONT_INVALID"
    monkeypatch.setenv(external_programs.SOUND_FONT_VARIABLE, str(font))
    with pytest.raises(InvalidRequest):
        external_programs.sound_font()
