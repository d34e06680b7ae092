from segue.stack.part_log import PartLog, log_tail


def test_a_full_log_is_rotated_and_the_oldest_goes(tmp_path):
    log = PartLog(tmp_path / "part.log", maximum_bytes=10, kept=2)
    for line in (b"first line\n", b"second line\n", b"third line\n", b"fourth line\n"):
        log.write(line)
    log.close()

    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert texts == {
        "part.log": "fourth line\n",
        "part.log.1": "third line\n",
        "part.log.2": "second line\n",
    }


def test_a_log_is_continued_and_its_tail_is_at_hand(tmp_path):
    for text in (b"a\nb\n", b"c\n+---+\n| setting | 1 |\n+---+\nd\n"):
        log = PartLog(tmp_path / "part.log")
        log.write(text)
        log.close()

    assert log_tail(log.path, lines=3) == "b\nc\nd"
