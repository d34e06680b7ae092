"""CPU time and memory of processes, children included."""

from __future__ import annotations

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """A process and all its descendants that run now."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """User and system CPU seconds of a process tree, ended children included."""
    total = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if process.pid == pid:
            total += times.children_user + times.children_system
    return total


def resident_bytes(pid: int) -> dict[int, int]:
    """Resident set size of every process in a tree, by pid."""
    sizes = {}
    for process in tree(pid):
        try:
            sizes[process.pid] = process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return sizes


def proportional_bytes(pid: int) -> dict[int, int]:
    """Proportional set size of every process in a tree, by pid: shared pages are divided."""
    sizes = {}
    for process in tree(pid):
        try:
            sizes[process.pid] = process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return sizes
