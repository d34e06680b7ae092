"""The page's files: strings in each language, nothing inline, what the pure modules compute."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import segue.web
from segue.errors import AUDIO_REASONS
from segue.playlists.files import Entry, Place, PlaylistFormat, written
from segue.tracks import DEFAULT_PROBABILITIES

PAGE = Path(segue.web.__file__).parent / "static"
MODULES = sorted((PAGE / "app").rglob("*.js"))
STRINGS = PAGE / "app" / "strings"
NAME = re.compile(r'^  "([\w.-]+)":', re.MULTILINE)
PLACEHOLDER = re.compile(r"{(\w+)}")
LONGEST_MODULE_LINES = 300


def names_of(language):
    return NAME.findall((STRINGS / f"{language}.js").read_text("utf-8"))


def texts_of(language):
    text = (STRINGS / f"{language}.js").read_text("utf-8")
    starts = [*NAME.finditer(text)]
    ends = [*(found.start() for found in starts[1:]), len(text)]
    return {found[1]: text[found.end() : end] for found, end in zip(starts, ends, strict=True)}


def test_every_language_has_the_same_strings_once():
    english, german = names_of("en"), names_of("de")

    assert sorted(english) == sorted(set(english))
    assert sorted(german) == sorted(set(german))
    assert set(english) == set(german)


def test_strings_have_the_same_placeholders_in_every_language():
    german = texts_of("de")
    for name, text in texts_of("en").items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(german[name])), name


def test_every_string_that_the_page_names_is_there():
    known = set(names_of("en"))
    for path in MODULES:
        for name in re.findall(r'\bt\(\s*"([\w.-]+)"', path.read_text("utf-8")):
            assert name in known, f"{path.name}: {name}"


def test_what_the_own_actions_of_the_page_meet_is_told_in_every_language():
    known = set(names_of("en"))
    met = {*AUDIO_REASONS, "OWNER_ONLY", "INVALID_ARGUMENT", "PATH_IMPOSSIBLE"}
    assert {f"problem.{reason}" for reason in met} <= known
    told = {name for name in known if name.startswith("problem.") and not name.endswith(".next")}
    assert {f"{name}.next" for name in told} <= known


def test_no_script_and_no_style_stands_inline():
    text = (PAGE / "index.html").read_text("utf-8")

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    for path in MODULES:
        source = path.read_text("utf-8")
        # A text in `style` becomes an attribute, which the content-security policy refuses.
        assert not re.search(r'style="|innerHTML|\beval\(|new Function', source), path.name


def test_styles_that_the_page_names_are_there():
    named = re.findall(r'href="(style/[\w-]+\.css)"', (PAGE / "index.html").read_text("utf-8"))

    assert sorted(named) == sorted(f"style/{path.name}" for path in (PAGE / "style").iterdir())


def test_modules_are_short_enough_to_be_read():
    long = {
        path.name
        for path in MODULES
        if path.parent != STRINGS
        and len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE_LINES
    }

    assert long == set()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_pure_modules_compute_what_they_say():
    done = subprocess.run(
        ["node", "--test", *map(str, sorted(Path(__file__).parent.glob("*_modules.mjs")))],
        env={
            **os.environ,
            "SEGUE_PAGE": str(PAGE),
            "SEGUE_LIKELY": json.dumps(dict(DEFAULT_PROBABILITIES)),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


JOIN = """
const { joined } = await import(process.argv[1]);
const [format, ...texts] = process.argv.slice(2);
process.stdout.write(joined(format, texts));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("form", PlaylistFormat)
@pytest.mark.parametrize("title", ["", "Été & <trackList>"])
def test_files_of_slices_are_joined_into_the_file_of_the_whole_playlist(form, title):
    entries = [
        Entry(Place(path=f"/m/{name}.flac"), f"{name} </trackList>", "Ann", duration_seconds=3)
        for name in "abcde"
    ]
    texts = [written(entries[at : at + 2], form, title).decode() for at in (0, 2, 4)]
    slices = (PAGE / "app" / "playlists" / "slices.js").as_uri()

    done = subprocess.run(
        ["node", "--input-type=module", "-e", JOIN, slices, form.name, *texts],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == written(entries, form, title).decode()


def test_vendored_files_are_those_that_are_listed():
    folder = PAGE / "vendor"
    listed = json.loads((folder / "vendor.json").read_text("utf-8"))

    for one in listed:
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        assert (folder / f"{one['name']}.LICENSE").exists()
    assert {one["file"] for one in listed} == {path.name for path in folder.glob("*.js")}
