"""The corpus of Debian packages, by the real command, from a source of apt on this disk."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from segue.trainer.data.reading import read_tracks
from segue.trainer.data.track import NO_MUSIC

RATE = 22_050

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 The Team
License: GPL-3+

Files: data/music/bay.ogg
Copyright: 2010 Clara Schumann
License: CC0-1.0
"""

PACKAGES = """
development = "devel-music"
split_seed = 2

[[packages]]
name = "first-music"
neither = ["*/sounds/title.ogg"]

[[packages]]
name = "second-music"
artists = { "*" = "Berta" }
licences = { "*" = "CC-BY-3.0" }

[[packages]]
name = "devel-music"
"""


def song(seed: int, seconds: float) -> np.ndarray:
    """Music of chance: a new chord of four partials every quarter of a second."""
    random = np.random.default_rng(seed)
    time = np.arange(RATE // 4) / RATE
    chords = [
        np.sin(2 * np.pi * random.uniform(200, 3_000, (4, 1)) * time).sum(axis=0)
        for _ in range(int(seconds * 4))
    ]
    return (0.1 * np.concatenate(chords)).astype(np.float32)


@dataclass
class Source:
    """A source of apt in a folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def options(self) -> list[str]:
        return [
            f"Dir::Etc::sourcelist={self.folder}/sources.list",
            "Dir::Etc::sourceparts=-",
            f"Dir::State={self.folder}/state",
            f"Dir::State::status={self.folder}/status",
            f"Dir::Cache={self.folder}/cache",
            "APT::Sandbox::User=",
        ]

    def add(self, name: str, version: str, files: dict[str, tuple[np.ndarray, dict[str, str]]],
            texts: dict[str, str], links: dict[str, str]) -> None:  # fmt: skip
        tree = self.folder / "trees" / name
        for path, (samples, tags) in files.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(target, samples, RATE)
            if tags:
                file = mutagen.File(target)
                file.update({key: [value] for key, value in tags.items()})
                file.save()
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        control += "Maintainer: Nobody <nobody@example.org>\nDescription: music\n"
        for path, text in {"DEBIAN/control": control, **texts}.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        for path, target in links.items():
            (tree / path).symlink_to(target)
        deb = self.folder / f"{name}_{version}_all.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, deb],
            check=True,
            capture_output=True,
        )
        entry = f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\n"
        entry += f"SHA256: {hashlib.sha256(deb.read_bytes()).hexdigest()}\n\n"
        with (self.folder / "Packages").open("a") as index:
            index.write(entry)

    def update(self) -> None:
        for name in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text(f"deb [trusted=yes] file:{self.folder} ./\n")
        options = [part for option in self.options for part in ("-o", option)]
        subprocess.run(["apt-get", "update", *options], check=True, capture_output=True)

    def command(self, output: Path, *more: str | Path) -> list[str | Path]:
        options = [part for option in self.options for part in ("--apt-option", option)]
        return [sys.executable, "-m", "segue", "corpus", "debian", output, *options, *more]

    def make(self, output: Path, *more: str | Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(output, *more),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: packages are built and fetched")
    made = Source(tmp_path_factory.mktemp("apt"))
    (made.folder / "own.toml").write_text(PACKAGES)
    first = "usr/share/games/first"
    made.add(
        "first-music",
        "1.0-1",
        {
            f"{first}/music/bay.ogg": (song(1, 24), {}),
            f"{first}/music/tagged.ogg": (song(2, 22), {"artist": "Ada", "title": "Waltz"}),
            f"{first}/music/fanfare.ogg": (song(3, 4), {}),
            f"{first}/sounds/rain.ogg": (song(4, 25), {}),
            f"{first}/sounds/click.ogg": (song(4, 1), {}),
            f"{first}/sounds/title.ogg": (song(8, 25), {}),
        },
        {
            "usr/share/doc/first-music/copyright": COPYRIGHT,
            f"{first}/music/torn.ogg": "OggS but nothing else",
            f"{first}/music/score.mid": "MThd",
        },
        {f"{first}/music/link.ogg": "bay.ogg"},
    )
    second = "usr/share/second/music"
    made.add(
        "second-music",
        "1:2.5-3",
        {
            f"{second}/own.flac": (song(5, 21), {}),
            f"{second}/cut.flac": (0.3 * song(1, 24)[int(1.23 * RATE) :], {}),
            f"{second}/evaluated.flac": (song(6, 21), {}),
        },
        {"usr/share/doc/second-music/copyright": "Free text."},
        {},
    )
    made.add(
        "devel-music",
        "3",
        {
            "usr/share/devel/music/kept.ogg": (song(7, 23), {"artist": "Dora"}),
            "usr/share/devel/sounds/wind.ogg": (song(9, 5), {}),
        },
        {"usr/share/doc/devel-music/copyright": COPYRIGHT},
        {},
    )
    made.update()
    (made.folder / "evaluation").mkdir()
    soundfile.write(made.folder / "evaluation" / "clip.mp3", song(6, 21)[3 * RATE :], RATE)
    return made


@pytest.fixture(scope="module")
def made(source):
    """The folder of a corpus, and what the command that made it said."""
    output = source.folder / "corpus"
    more = ("--packages", source.folder / "own.toml", "--without", source.folder / "evaluation")
    return output, source.make(output, *more), more


def rows(manifest: Path) -> dict[str, dict]:
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    return {line["track_id"].rpartition("/")[2]: line for line in lines}


def test_the_command_writes_what_segue_train_reads(made):
    output, done, _ = made
    assert done.returncode == 0, done.stderr
    tracks = read_tracks(output)
    written = rows(output / "manifest.jsonl")
    assert set(written) == {"bay.ogg", "tagged.ogg", "own.flac"}
    assert all(track.path.is_file() for track in tracks)
    assert {track.track_id: track.split for track in tracks} == {
        line["track_id"]: line["split"] for line in written.values()
    }
    assert written["bay.ogg"]["split"] == written["tagged.ogg"]["split"]


def test_every_recording_says_where_it_is_from(made):
    output, _, _ = made
    written = rows(output / "manifest.jsonl")
    bay, tagged, own = (written[name] for name in ("bay.ogg", "tagged.ogg", "own.flac"))
    assert (bay["package"], bay["version"]) == ("first-music", "1.0-1")
    assert bay["package_path"] == "usr/share/games/first/music/bay.ogg"
    content = (output / bay["path"]).read_bytes()
    assert bay["sha256"] == hashlib.sha256(content).hexdigest()
    assert (bay["artist"], bay["licence"]) == ("Clara Schumann", "CC0-1.0")
    assert bay["duration_seconds"] == pytest.approx(24, abs=0.1)
    assert (tagged["artist"], tagged["title"]) == ("Ada", "Waltz")
    assert tagged["licence"] == "GPL-3+"
    assert (own["artist"], own["licence"], own["version"]) == ("Berta", "CC-BY-3.0", "1:2.5-3")


def test_the_development_package_stands_apart(made):
    output, _, _ = made
    apart = rows(output / "development.jsonl")
    assert set(apart) == {"kept.ogg"}
    assert [track.split for track in read_tracks(output / "development.jsonl")] == ["test"]


def test_long_sounds_stand_apart_as_no_music(made):
    output, _, _ = made
    (rain,) = read_tracks(output / "sounds.jsonl")
    assert rain.track_id == "first-music/usr/share/games/first/sounds/rain.ogg"
    assert (rain.artist, rain.genres) == ("first-music", (NO_MUSIC,))
    assert rain.path.is_file()
    assert {path.name for path in (output / "sounds").rglob("*.ogg")} == {"rain.ogg", "wind.ogg"}
    (line,) = rows(output / "sounds.jsonl").values()
    music = rows(output / "manifest.jsonl")["bay.ogg"]
    shared = ("package", "version", "group", "split")
    assert {name: line[name] for name in shared} == {name: music[name] for name in shared}
    assert line["sha256"] == hashlib.sha256(rain.path.read_bytes()).hexdigest()
    assert line["licence"] == "GPL-3+"
    assert rain.split == music["split"]


def test_what_is_left_out_is_listed_with_its_reason(made):
    output, done, _ = made
    with (output / "left-out.csv").open(newline="") as file:
        listed = {Path(row["path"]).name: row for row in csv.DictReader(file)}
    assert {name: row["reason"] for name, row in listed.items()} == {
        "rain.ogg": "SOUND",
        "click.ogg": "SOUND",
        "wind.ogg": "SOUND",
        "title.ogg": "NEITHER",
        "fanfare.ogg": "SHORT",
        "torn.ogg": listed["torn.ogg"]["reason"],
        "cut.flac": "NEAR_COPY",
        "evaluated.flac": "IN_OTHER_MUSIC",
    }
    assert listed["torn.ogg"]["reason"].startswith("AUDIO_")
    assert "bay.ogg" in listed["cut.flac"]["detail"]
    assert "clip.mp3" in listed["evaluated.flac"]["detail"]
    assert "1 NEAR_COPY" in done.stdout


def test_the_table_for_the_model_card_has_every_package(made):
    output, done, _ = made
    table = (output / "packages.md").read_text()
    assert "| first-music | 1.0-1 | CC0-1.0, GPL-3+ | Ada, Clara Schumann | 2 | 0.01 |" in table
    assert "| devel-music | 3 | GPL-3+ | Dora | 1 | 0.01 | development |" in table
    assert "| first-music | 1.0-1 | GPL-3+ | 1 unnamed | 1 | 0.01 | train |" in table
    assert "first-music 1.0-1: not in the lock" in table
    assert "not as in the lock: first-music 1.0-1: not in the lock" in done.stderr


def test_the_command_goes_on_where_it_was_stopped_and_hears_nothing_twice(source, made):
    output, _, more = made
    before = {
        path: path.stat().st_mtime_ns
        for folder in ("debs", "audio", "fingerprints-1")
        for path in (output / folder).rglob("*")
        if path.is_file()
    }
    lost = output / rows(output / "manifest.jsonl")["own.flac"]["path"]
    manifest = (output / "manifest.jsonl").read_bytes()
    lost.unlink()
    (output / "debs" / ".arriving-devel-music").mkdir()
    done = source.make(output, *more)
    assert done.returncode == 0, done.stderr
    assert (output / "manifest.jsonl").read_bytes() == manifest
    assert lost.is_file()
    kept = {path: time for path, time in before.items() if "second-music" not in path.parts}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_command_that_is_killed_is_gone_on_with(source, made, tmp_path):
    output, _, more = made
    killed = subprocess.Popen(
        source.command(tmp_path / "corpus", *more),
        env=source.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while killed.poll() is None and not (tmp_path / "corpus/packages/first-music.json").exists():
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    done = source.make(tmp_path / "corpus", *more)
    assert done.returncode == 0, done.stderr
    for name in ("manifest.jsonl", "development.jsonl", "left-out.csv", "packages.md"):
        assert (tmp_path / "corpus" / name).read_bytes() == (output / name).read_bytes()


def test_a_lock_is_held_to(source, made):
    output, _, more = made
    shutil.copy(output / "packages.lock.json", source.folder / "own.lock.json")
    try:
        done = source.make(output, *more)
    finally:
        (source.folder / "own.lock.json").unlink()
    assert done.returncode == 0
    assert "not as in the lock" not in done.stderr


def test_a_package_that_apt_does_not_offer_is_named(source, tmp_path):
    listed = tmp_path / "own.toml"
    listed.write_text(PACKAGES.replace("second-music", "no-such-music"))
    done = source.make(tmp_path / "corpus", "--packages", listed)
    assert done.returncode == 1
    assert "no-such-music [PACKAGE_NOT_FOUND] Run apt-get update" in done.stderr


def test_a_package_that_cannot_be_fetched_now_is_named(source, made, tmp_path):
    gone = next(source.folder.glob("second-music_*.deb"))
    aside = gone.rename(tmp_path / gone.name)
    try:
        done = source.make(tmp_path / "corpus", "--packages", source.folder / "own.toml")
    finally:
        aside.rename(gone)
    assert done.returncode == 3
    assert "second-music" in done.stderr
    assert "[PACKAGE_NOT_FETCHED] Check the network" in done.stderr


def test_a_full_disk_is_named(source, made, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounting = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "segue-test", small],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounting.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounting.stderr.strip()}")
    try:
        done = source.make(small / "corpus", "--packages", source.folder / "own.toml")
    finally:
        subprocess.run(["umount", small], check=True)
    assert done.returncode == 1
    assert "[DISK_FULL] Make space" in done.stderr


def test_a_damaged_package_is_named_with_what_to_remove(source, made, tmp_path):
    output, _, more = made
    shutil.copytree(output / "debs", tmp_path / "corpus" / "debs")
    torn = next((tmp_path / "corpus" / "debs").glob("second-music_*.deb"))
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    done = source.make(tmp_path / "corpus", *more)
    assert done.returncode == 1
    assert "[PACKAGE_DAMAGED] Remove " in done.stderr


def test_missing_programs_are_said(source, tmp_path):
    elsewhere = Source(source.folder, {**os.environ, "PATH": str(tmp_path)})
    done = elsewhere.make(tmp_path / "corpus", "--packages", source.folder / "own.toml")
    assert done.returncode == 1
    assert "apt-get, dpkg-deb [DEPENDENCY_MISSING]" in done.stderr
