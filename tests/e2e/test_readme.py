"""The README's sequences, as they stand there, by the owner of a stack."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.tones import write_tone

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()

pytestmark = pytest.mark.timeout(400)


def block(heading, number):
    """Indented block of a section, its continuation lines dedented."""
    section = re.split(rf"^## {heading}\n", README, flags=re.MULTILINE)[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, flags=re.MULTILINE)
    return [line.strip() for line in blocks[number].splitlines() if line.strip()]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder as the README takes it for granted: a checkout, and music at home."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "deploy").symlink_to(ROOT / "deploy")
    (folder / "home" / "Music").mkdir(parents=True)
    write_tone(folder / "home" / "Music" / "at home.wav", 500.0, seed=3)
    write_tone(folder / "one.flac", 600.0, seed=5)
    return folder


def run(line, here, stack):
    script = f'segue() {{ {sys.executable} -m segue "$@"; }}\n{line}\n'
    environment = {name: value for name, value in os.environ.items() if name[:6] != "SEGUE_"}
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=here,
        env={**environment, "SEGUE_DATA": str(stack.folder.root), "HOME": str(here / "home")},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


def test_the_commands_of_use_it_work_for_the_owner(stack, here):
    commands = [line for line in block("Use it", 1) if line.startswith("segue ")]

    said = {command: run(command, here, stack) for command in commands}

    assert len(commands) >= 7
    home = next(
        text for command, text in said.items() if command.startswith("segue ingest ~/Music")
    )
    assert "1 indexed" in home
    assert all(said.values())


def test_vectors_alone_need_nothing(stack, here):
    (command,) = [line for line in block("Use it", 2) if line.startswith("segue ")]

    assert "1 of 1 files embedded" in run(command, here, stack)
    assert (here / "vectors.npz").exists()


def test_the_python_client_finds_tracks(stack, here):
    script = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)[1]
    assert "127.0.0.1:50051" in script

    script = script.replace("127.0.0.1:50051", stack.address)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=here, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_searches_of_search_deeper_find_what_they_show(stack, here):
    section = re.split(r"^## Search deeper\n", README, flags=re.MULTILINE)[1].split("\n## ")[0]
    run("segue ingest deploy/demo/catalogue", here, stack)
    pieces = re.split(r"^\$ (segue .*)$", section.split("```")[1], flags=re.MULTILINE)[1:]

    assert len(pieces) == 6
    for command, shown in zip(pieces[::2], pieces[1::2], strict=True):
        names = re.findall(r"\S+(?: \S+)* – \S+(?: \S+)*", shown)
        said = run(command, here, stack)
        assert names
        assert [name for name in names if name not in said] == [], said
