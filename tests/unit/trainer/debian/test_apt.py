"""What goes wrong while packages are fetched and unpacked has a name."""

import pytest

from segue.errors import DependencyMissing
from segue.trainer.debian import apt


def test_missing_programs_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyMissing, match="apt-get, dpkg-deb") as caught:
        apt.require_apt()
    assert "Debian" in caught.value.next_step


def test_a_package_that_is_there_is_not_fetched_again(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    present = tmp_path / "some-music_2%3a1.0-1_all.deb"
    present.touch()
    (tmp_path / "some-music-extra_1_all.deb").touch()
    assert apt.fetch("some-music", tmp_path) == present
