"""Files are written whole, and a full disk is named."""

import io
from pathlib import Path

import pytest

from segue.trainer.debian import disk


def test_a_full_disk_is_named_and_other_errors_are_left_alone():
    with pytest.raises(disk.DiskFull, match="no space left") as caught, disk.full_disk_named():
        Path("/dev/full").write_text("more than nothing")
    assert caught.value.reason == "DISK_FULL"
    assert "Make space" in caught.value.next_step
    with pytest.raises(NotADirectoryError), disk.full_disk_named():
        Path("/dev/full/below").write_text("")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the other side went away")
            return super().read(2)

    target = tmp_path / "a" / "b.ogg"
    with pytest.raises(OSError, match="went away"):
        disk.write_file(Torn(b"four"), target)
    assert not target.exists()
    digest = disk.write_file(io.BytesIO(b"four"), target)
    assert target.read_bytes() == b"four"
    assert digest == "04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00"
