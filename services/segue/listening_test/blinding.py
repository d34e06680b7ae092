"""What hides, from who rates, which system a candidate is of; and who rated, from who reads."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from segue.listening_test.plan import Candidate, Plan, Trial

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Rater:
    """Somebody who rates, by a pseudonym: nobody learns the name from it without the key."""

    pseudonym: str


class Blinding:
    """Gives tracks of a test names that tell nothing, other ones to every rater and in every trial.

    Parameters
    ----------
    key
        Known to the service alone. With it, names of raters can be tried.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def rater(self, account_id: str) -> Rater:
        """Who rates, by the id of an account; empty: the owner of the stack."""
        # No account has such an id as the owner has here.
        who = f"account {account_id.lower()}" if account_id else "owner"
        return Rater(self._digest("rater", who))

    def name(self, plan: Plan, trial: Trial, rater: Rater, track_id: str) -> str:
        """What a track of a trial is called to a rater."""
        return self._digest("track", plan.plan_id, trial.trial_id, rater.pseudonym, track_id)

    def in_order(self, plan: Plan, trial: Trial, rater: Rater) -> dict[str, Candidate]:
        """Candidates of a trial by their names, in an order that is random to each rater."""
        named = {self.name(plan, trial, rater, one.track_id): one for one in trial.candidates}
        return dict(sorted(named.items()))

    def trials_in_order(self, plan: Plan, rater: Rater) -> list[Trial]:
        """All trials, in an order that is random to each rater.

        Where everybody rates a part of them only, all are rated about as often.
        """
        return sorted(
            plan.trials,
            key=lambda one: self._digest("order", plan.plan_id, one.trial_id, rater.pseudonym),
        )

    def _digest(self, *parts: str) -> str:
        text = "\0".join(parts).encode()
        return hmac.digest(self._key, text, "sha256").hex()[:_DIGITS]
