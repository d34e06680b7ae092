"""The packages of a corpus as a table for people: what a model card owes its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segue.trainer.debian.packages import PackageList, Release
from segue.trainer.debian.placing import Placed


def package_table(
    placed: Sequence[Placed],
    sounds: Sequence[Placed],
    listed: PackageList,
    releases: Mapping[str, Release],
    differences: Sequence[str],
) -> str:
    """Markdown: a row for each package with its version, licences, artists and hours; then totals.

    Parameters
    ----------
    placed, sounds
        The music, and what is none: a table each.
    differences
        What is not as the lock has it; said below the table.
    """
    lines = [*_table("recordings", placed, listed, releases), "", _totals(placed)]
    empty = sorted(
        package.name
        for package in listed.packages
        if all(item.recording.package != package.name for item in placed)
    )
    if empty:
        lines.append(f"Without a recording that was kept: {', '.join(empty)}.")
    if sounds:
        lines += ["", "What is no music:", "", *_table("sounds", sounds, listed, releases)]
    if differences:
        lines += ["", "Not as in the lock:", *(f"- {sentence}" for sentence in differences)]
    return "\n".join(lines) + "\n"


def _table(
    what: str,
    placed: Sequence[Placed],
    listed: PackageList,
    releases: Mapping[str, Release],
) -> list[str]:
    lines = [
        f"| package | version | licences | artists | {what} | hours | split |",
        "|---|---|---|---|---|---|---|",
    ]
    for package in listed.packages:
        held = [item for item in placed if item.recording.package == package.name]
        if held:
            lines.append(_row(package.name, releases[package.name].version, held))
    return lines


def _row(name: str, version: str, held: Sequence[Placed]) -> str:
    recordings = [item.recording for item in held]
    artists = sorted({item.artist for item in recordings if item.artist}, key=str.casefold)
    unnamed = sum(not item.artist for item in recordings)
    if unnamed:
        artists.append(f"{unnamed} unnamed")
    cells = (
        name,
        version,
        ", ".join(sorted({item.licence for item in recordings})),
        ", ".join(artists),
        str(len(held)),
        f"{_hours(held):.2f}",
        held[0].split or "development",
    )
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _totals(placed: Sequence[Placed]) -> str:
    parts = []
    for split in ("train", "validation", "test", None):
        held = [item for item in placed if item.split == split]
        parts.append(f"{split or 'development'} {len(held)} recordings, {_hours(held):.2f} h")
    return f"Together {len(placed)} recordings, {_hours(placed):.2f} h: {'; '.join(parts)}."


def _hours(placed: Sequence[Placed]) -> float:
    return sum(item.recording.duration_seconds for item in placed) / 3600
