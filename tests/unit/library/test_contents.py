import hashlib

from segue.library.contents import hash_file
from segue.library.walk import AudioFile


def found(path):
    return AudioFile.of(str(path), path.stat())


def test_the_hash_of_a_file(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"x" * 3_000_000)
    problems = []
    assert hash_file(found(path), problems.append) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert problems == []


def test_a_file_that_grew_since_it_was_seen_is_left_for_later(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"half")
    seen = found(path)
    with path.open("ab") as file:
        file.write(b" and half")
    problems = []
    assert hash_file(seen, problems.append) is None
    assert [problem.reason for problem in problems] == ["FILE_CHANGING"]


def test_a_file_that_went_away_is_told(tmp_path):
    path = tmp_path / "a.mp3"
    path.touch()
    seen = found(path)
    path.unlink()
    problems = []
    assert hash_file(seen, problems.append) is None
    assert [problem.reason for problem in problems] == ["SOURCE_NOT_FOUND"]
