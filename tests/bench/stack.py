"""A real embedded stack for the length of a benchmark."""

from __future__ import annotations

import subprocess
import sys

from segue.stack.running import RunningStack


class BenchStack(RunningStack):
    """A running stack whose processes are measured."""

    def part_pid(self, part: str) -> int:
        """Process id of a part."""
        return self.state.parts[part].pid

    def segue(self, *arguments: str) -> str:
        """Run a ``segue`` command against this stack; its standard output."""
        data = str(self.folder.root)  # and with it the owner's token
        command = [sys.executable, "-m", "segue", *arguments, "--data", data]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout
