"""What goes wrong while packages are fetched and unpacked has a name."""

import io
from pathlib import Path

import pytest

from segue.errors import DependencyMissing
from segue.trainer.debian import apt


def test_missing_programs_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyMissing, match="apt-get, dpkg-deb") as caught:
        apt.require_apt()
    assert "Debian" in caught.value.next_step


def test_a_full_disk_is_named_and_other_errors_are_left_alone():
    with pytest.raises(apt.DiskFull, match="no space left") as caught, apt.full_disk_named():
        Path("/dev/full").write_text("more than nothing")
    assert caught.value.reason == "DISK_FULL"
    assert "Make space" in caught.value.next_step
    with pytest.raises(NotADirectoryError), apt.full_disk_named():
        Path("/dev/full/below").write_text("")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the other side went away")
            return super().read(2)

    target = tmp_path / "a" / "b.ogg"
    with pytest.raises(OSError, match="went away"):
        apt.write_file(Torn(b"four"), target)
    assert not target.exists()
    digest = apt.write_file(io.BytesIO(b"four"), target)
    assert target.read_bytes() == b"four"
    assert digest == "04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00"


def test_a_package_that_is_there_is_not_fetched_again(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    present = tmp_path / "some-music_2%3a1.0-1_all.deb"
    present.touch()
    (tmp_path / "some-music-extra_1_all.deb").touch()
    assert apt.fetch("some-music", tmp_path) == present
