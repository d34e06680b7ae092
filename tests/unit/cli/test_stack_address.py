"""Where a command finds its stack, and whether that reads this machine's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.cli.stack_address import StackAddress, find_stack
from segue.stack.folder import DataFolder, StackNotFound, StackState


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("127.0.0.1:50051", True),
        ("[::1]:50051", True),
        ("ipv6:[::1]:50051", True),
        ("localhost:50051", True),
        ("192.0.2.7:50051", False),
        ("music.example:50051", False),
    ],
)
def test_files_are_read_by_their_owners_stack_on_the_loopback_alone(
    address: str, same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not find_stack(address, None, 1.0).reads_files  # as a guest
    secret = tmp_path / "token"
    secret.write_text("t" * 43)
    secret.chmod(0o600)
    monkeypatch.setenv("SEGUE_OWNER_TOKEN_FILE", str(secret))
    assert find_stack(address, None, 1.0).reads_files is same


def test_a_stack_in_the_data_folder_is_found_again_by_its_words(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path.resolve())
    folder.prepare()
    folder.write_state(StackState(pid=1, address="192.0.2.7:9", model="m", device="cpu"))
    with pytest.raises(StackNotFound):
        find_stack(None, tmp_path, 1.0)
    with folder.hold():
        found = find_stack(None, tmp_path, 1.0)
    assert found.address == "192.0.2.7:9"
    assert found.reads_files
    assert found.command("watch", "a job") == f"segue watch 'a job' --data {tmp_path}"
    assert isinstance(found, StackAddress)
