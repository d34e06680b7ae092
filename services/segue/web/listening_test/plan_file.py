"""The file of the plan: written whole and once, seen at once by all replicas."""

from __future__ import annotations

import json
from pathlib import Path

from segue.durable import sync, write_private_once
from segue.errors import InvalidRequest, NotFound
from segue.listening_test.plan import (
    ListeningPlanUnusable,
    Plan,
    plan_from_fields,
    plan_to_fields,
)


class ListeningPlanMissing(NotFound):
    """No listening test is planned here."""

    reason = "LISTENING_PLAN_MISSING"
    next_step = "The owner of the stack plans one: segue listening plan"


class ListeningPlanExists(InvalidRequest):
    """A listening test is planned already, which may have answers."""

    reason = "LISTENING_PLAN_EXISTS"
    next_step = "Keep its answers (segue listening export), then remove it: segue listening remove"


class PlanFile:
    """``plan.json``; mode 0600. Every method raises ``ListeningPlanUnusable``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "plan.json"
        self._known: tuple[tuple[int, int, int], Plan] | None = None

    def read(self) -> Plan:
        """The plan; costs one ``stat`` while nothing changes.

        Raises
        ------
        ListeningPlanMissing
            When there is none.
        """
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if self._known is None or self._known[0] != seen:
                fields = json.loads(self._path.read_text("utf-8"))
                self._known = (seen, plan_from_fields(fields))
        except FileNotFoundError:
            raise ListeningPlanMissing("no listening test is planned here") from None
        except OSError as exc:
            raise ListeningPlanUnusable(f"{self._path} cannot be read: {exc.strerror}") from exc
        except ValueError as exc:
            raise ListeningPlanUnusable(f"{self._path} is damaged") from exc
        return self._known[1]

    def is_there(self) -> bool:
        """Whether a test is planned; what cannot be looked at counts as planned."""
        try:
            self._path.stat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def write(self, plan: Plan) -> None:
        """Write the plan. Raises ``ListeningPlanExists`` when there is one."""
        text = json.dumps(plan_to_fields(plan), indent=1)
        try:
            write_private_once(self._path, text.encode())
        except FileExistsError:
            raise ListeningPlanExists("a listening test is planned already") from None
        except OSError as exc:
            raise ListeningPlanUnusable(f"{self._path} cannot be written: {exc.strerror}") from exc

    def remove(self) -> None:
        """Remove the plan. Raises ``ListeningPlanMissing`` when there is none."""
        try:
            self._path.unlink()
            sync(self._folder)
        except FileNotFoundError:
            raise ListeningPlanMissing("no listening test is planned here") from None
        except OSError as exc:
            raise ListeningPlanUnusable(f"{self._path} cannot be removed: {exc.strerror}") from exc
