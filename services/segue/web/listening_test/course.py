"""The course of a listening test: what is rated next, by whom, and what was said."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from segue.errors import InvalidArgument, NotFound
from segue.listening_test.blinding import Blinding, Rater
from segue.listening_test.plan import LEAST_RATING, MOST_RATING, Plan, Trial
from segue.listening_test.ratings import Rating
from segue.secret_file import make_secret, read_secret
from segue.web.listening_test.answers import Answer, AnswerFile, Said
from segue.web.listening_test.plan_file import ListeningPlanExists, ListeningPlanMissing, PlanFile
from segue.web.marks import closed_folder

FOLDER = "listening"


class TrialNotFound(NotFound):
    """The plan has no such trial, or the trial no such track."""

    reason = "TRIAL_NOT_FOUND"
    next_step = "Ask for the next one: the listening test was planned anew."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rater is.

    Attributes
    ----------
    rated, skipped
        Trials.
    trials
        Of the whole test.
    """

    rated: int
    skipped: int
    trials: int


class ListeningTest:
    """The one listening test of a stack. Every method reads or writes files: call it in a thread.

    All raise ``ListeningPlanUnusable``, ``ListeningAnswersUnusable``, ``SecretFileUnusable`` and
    ``WebFolderFull`` when those cannot be read or written.

    Parameters
    ----------
    web_folder
        That all replicas of the page share.
    """

    def __init__(self, web_folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = web_folder / FOLDER
        self._clock = clock
        self._plan_file = PlanFile(self._folder)
        self._answers = AnswerFile(self._folder)
        # What is read is kept, and threads share it.
        self._turn = threading.Lock()

    def plan(self) -> Plan:
        """What is heard. Raises ``ListeningPlanMissing`` when nothing is."""
        return self._plan_file.read()

    def is_planned(self) -> bool:
        """Whether there is something to rate, now or once its plan can be read again."""
        return self._plan_file.is_there()

    def check_free(self) -> None:
        """See that no test is planned. Raises ``ListeningPlanExists`` when one is."""
        with contextlib.suppress(ListeningPlanMissing):
            queries = len(self.plan().trials)
            raise ListeningPlanExists(f"a listening test of {queries} queries is planned already")

    def begin(self, plan: Plan) -> None:
        """Let this plan be what is heard. Raises ``ListeningPlanExists`` when there is one."""
        closed_folder(self._folder.parent)
        closed_folder(self._folder)
        make_secret(self._key_file)
        self._plan_file.write(plan)

    def remove(self) -> None:
        """Remove the test with all answers. Raises ``ListeningPlanMissing`` when there is none."""
        self._plan_file.remove()
        with self._turn:
            self._answers.remove()

    def rater(self, account_id: str) -> Rater:
        """Who rates, by the id of an account; empty: the owner of the stack.

        Raises
        ------
        ListeningPlanMissing
            When nobody has rated anything here yet, and nobody can.
        """
        if not self._key_file.exists():
            raise ListeningPlanMissing("no listening test is planned here")
        return self.blinding.rater(account_id)

    def waiting(self, rater: Rater) -> list[Trial]:
        """Trials that a rater has neither rated nor passed over, in the order of that rater."""
        plan = self.plan()
        said = self._said_by(rater)
        return [
            one
            for one in self.blinding.trials_in_order(plan, rater)
            if not is_done(one, said.get(one.trial_id, {}))
        ]

    def progress(self, rater: Rater) -> Progress:
        """How far a rater is."""
        plan = self.plan()
        return progress_in(plan, self._said_by(rater))

    def trial(self, trial_id: str) -> Trial:
        """A trial. Raises ``TrialNotFound`` when there is no such one."""
        found = self.plan().trial(trial_id)
        if found is None:
            raise TrialNotFound("the listening test has no such trial")
        return found

    def track(self, trial_id: str, rater: Rater, name: str) -> str:
        """Id of the track that is called so to a rater. Raises ``TrialNotFound``."""
        trial, plan = self.trial(trial_id), self.plan()
        for track_id in trial.tracks:
            if self.blinding.name(plan, trial, rater, track_id) == name:
                return track_id
        raise TrialNotFound("the trial has no such track")

    def rate(self, rater: Rater, trial_id: str, ratings: Mapping[str, int]) -> None:
        """Take down what a rater gave to each candidate, by its name; what they gave before goes.

        Raises
        ------
        TrialNotFound
            When there is no such trial.
        InvalidArgument
            When a candidate is left out, is none, or got something that is no rating.
        """
        trial = self.trial(trial_id)
        named = self.blinding.in_order(self.plan(), trial, rater)
        if ratings.keys() != named.keys():
            raise InvalidArgument(
                "ratings", f"must rate each of the {len(named)} candidates and nothing else"
            )
        for rating in ratings.values():
            if not LEAST_RATING <= rating <= MOST_RATING:
                raise InvalidArgument(
                    "ratings", f"must be whole numbers from {LEAST_RATING} to {MOST_RATING}"
                )
        now = self._clock()
        self._add(
            [
                Answer(trial_id, rater.pseudonym, named[name].track_id, rating, now)
                for name, rating in ratings.items()
            ]
        )

    def skip(self, rater: Rater, trial_id: str) -> None:
        """Pass a trial over. Raises ``TrialNotFound`` when there is no such one."""
        trial = self.trial(trial_id)
        self._add([Answer(trial.trial_id, rater.pseudonym, "", 0, self._clock())])

    def forget(self, account_id: str) -> int:
        """Remove what an account said; gives of how many trials that was."""
        with contextlib.suppress(ListeningPlanMissing):
            rater = self.rater(account_id)
            with self._turn:
                return self._answers.forget(rater.pseudonym)
        return 0

    def raters(self) -> dict[str, Progress]:
        """How far each rater is, by pseudonym."""
        plan = self.plan()
        by_rater: dict[str, dict[str, Said]] = {}
        for (rater, trial_id), said in self._every().items():
            by_rater.setdefault(rater, {})[trial_id] = said
        found = {rater: progress_in(plan, said) for rater, said in sorted(by_rater.items())}
        return {rater: one for rater, one in found.items() if one.rated or one.skipped}

    def ratings(self) -> Iterator[Rating]:
        """Every rating of trials that are rated wholly, for each system that it counts for."""
        plan = self.plan()
        trials = {one.trial_id: one for one in plan.trials}
        for (rater, trial_id), said in sorted(self._every().items()):
            trial = trials.get(trial_id)
            if trial is None or not is_rated(trial, said):
                continue
            for candidate in trial.candidates:
                answer = said[candidate.track_id]
                moment = datetime.fromtimestamp(answer.at, UTC).isoformat(timespec="seconds")
                for system in candidate.systems:
                    yield Rating(
                        trial_id, rater, system, candidate.track_id, answer.rating, trial.query,
                        moment.replace("+00:00", "Z"),
                    )  # fmt: skip

    @cached_property
    def blinding(self) -> Blinding:
        """What names tracks to raters."""
        return Blinding(read_secret(self._key_file))

    @property
    def _key_file(self) -> Path:
        return self._folder / "key"

    def _every(self) -> dict[tuple[str, str], Said]:
        with self._turn:
            return {key: dict(said) for key, said in self._answers.every().items()}

    def _said_by(self, rater: Rater) -> dict[str, Said]:
        return {
            trial_id: said
            for (pseudonym, trial_id), said in self._every().items()
            if pseudonym == rater.pseudonym
        }

    def _add(self, answers: list[Answer]) -> None:
        with self._turn:
            self._answers.add(answers)


def is_rated(trial: Trial, said: Said) -> bool:
    """Whether every candidate of a trial is rated."""
    return all(one.track_id in said for one in trial.candidates)


def is_done(trial: Trial, said: Said) -> bool:
    """Whether a trial is rated, or was passed over."""
    return "" in said or is_rated(trial, said)


def progress_in(plan: Plan, said: Mapping[str, Said]) -> Progress:
    """How far whoever said this is."""
    by_trial = [(one, said.get(one.trial_id, {})) for one in plan.trials]
    skipped = sum("" in one for _, one in by_trial)
    rated = sum(is_rated(trial, one) for trial, one in by_trial)
    return Progress(rated, skipped, len(plan.trials))
