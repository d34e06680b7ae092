from click.testing import CliRunner

from segue.cli.commands.ingest import ingest
from segue.cli.commands.sync import sync


def test_a_store_is_not_synchronised_and_the_way_is_said() -> None:
    ended = CliRunner().invoke(sync, ["s3://music/folder/"])
    assert ended.exit_code == 2
    assert "'s3://music/folder/'" in ended.output
    assert "segue ingest" in ended.output


def test_a_name_that_is_none_repeats_no_password() -> None:
    for command in (sync, ingest):
        ended = CliRunner().invoke(command, ["s3://key:geheim@music/a.mp3"])
        assert ended.exit_code == 2
        assert "names no bucket" in ended.output
        assert "geheim" not in ended.output


def test_a_playlist_is_no_folder(tmp_path) -> None:
    (tmp_path / "mix.m3u8").write_text("one.mp3\n")

    answer = CliRunner().invoke(sync, [str(tmp_path / "mix.m3u8")])

    assert answer.exit_code == 2
    assert "segue ingest takes what it names" in " ".join(answer.output.split())
