import pytest

from segue.stack.folder import (
    DataFolder,
    FolderInUse,
    FolderUnusable,
    PartState,
    StackNotFound,
    StackState,
)

STATE = StackState(
    pid=1,
    address="127.0.0.1:50051",
    model="contrastive",
    device="cpu",
    parts={"queue": PartState(address="127.0.0.1:50054", pid=2, ready=True, restarts=3)},
)


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


def test_state_is_read_back_as_written(folder):
    folder.write_state(STATE)

    assert folder.read_state() == STATE


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"pid": 1}', '{"parts": {"a": 1}}'])
def test_a_damaged_state_counts_as_none(folder, text):
    folder.state_file.write_text(text)

    assert folder.read_state() is None


def test_a_second_holder_is_refused_and_told_who_holds_it(folder):
    with folder.hold(), pytest.raises(FolderInUse, match=r"process \d+") as refusal, folder.hold():
        pass

    assert refusal.value.reason == "FOLDER_IN_USE"
    assert "--data" in refusal.value.next_step


def test_the_folder_can_be_held_again_after_it_was_let_go(folder):
    with folder.hold():
        assert folder.held()
    assert not folder.held()
    assert not folder.lock_file.exists()
    with folder.hold():
        assert folder.held()


def test_a_stack_runs_only_while_its_folder_is_held(folder):
    folder.write_state(STATE)
    with folder.hold():
        assert folder.running() == STATE

    with pytest.raises(StackNotFound) as refusal:
        folder.running()

    assert f"segue up --data {folder.root}" in refusal.value.next_step


def test_the_default_folder_follows_segue_data_then_xdg(monkeypatch, tmp_path):
    monkeypatch.delenv("SEGUE_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert DataFolder.default().root == tmp_path / "segue"

    monkeypatch.setenv("SEGUE_DATA", str(tmp_path / "elsewhere"))
    assert DataFolder.default().root == tmp_path / "elsewhere"


def test_only_the_owner_may_look_into_the_folder(folder):
    assert folder.root.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FolderUnusable, match="cannot be made") as refusal:
        DataFolder(tmp_path / "file" / "data").prepare()

    assert "--data" in refusal.value.next_step


def test_the_queue_of_an_earlier_version_is_taken_over_once(folder):
    earlier = folder.root / "redis"
    earlier.mkdir()
    (earlier / "jobs").write_text("accepted")

    for _ in range(2):
        folder.take_over_queue()
        folder.prepare()
        assert not earlier.exists()
        assert (folder.queue / "jobs").read_text() == "accepted"


def test_an_empty_folder_of_an_earlier_version_is_not_in_the_way(folder):
    (folder.root / "redis").mkdir()
    (folder.queue / "jobs").write_text("accepted")

    folder.take_over_queue()

    assert not (folder.root / "redis").exists()
    assert (folder.queue / "jobs").read_text() == "accepted"


def test_of_two_queues_none_is_chosen_or_lost(folder):
    earlier = folder.root / "redis"
    earlier.mkdir()
    for place in (earlier, folder.queue):
        (place / "jobs").write_text(place.name)

    with pytest.raises(FolderUnusable) as refusal:
        folder.take_over_queue()

    assert str(earlier) in str(refusal.value)
    assert str(folder.queue) in str(refusal.value)
    assert "move" in refusal.value.next_step
    for place in (earlier, folder.queue):
        assert (place / "jobs").read_text() == place.name
