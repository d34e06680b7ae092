"""What is known of the listeners of one catalogue, and was learned of it."""

from __future__ import annotations

from dataclasses import dataclass

from segue.jobs.factor_store import FactorStore
from segue.jobs.listener_store import ListenerStore
from segue.jobs.ranker_store import RankerStore
from segue.query.listener_keeper import ListenerKeeper
from segue.query.seed_reading import RecentPlays
from segue.ranking.boosts import Popularity
from segue.ranking.collaborative import CollaborativeSource
from segue.ranking.factors_source import FactorsSource
from segue.ranking.ranker import Rankers
from segue.ranking.ranker_source import RankerSource
from segue.settings import FactorSettings, ListenerSettings, QueueSettings


@dataclass(frozen=True, slots=True)
class Learned:
    """The collaborative side of one catalogue.

    Attributes
    ----------
    source
        Scores of mixed searches.
    listener_keeper
        Takes down what listeners did; None: nobody does.
    plays
        What listeners did lately; None: nothing is known of any.
    popularity
        How popular tracks are; None: nothing is known of any.
    rankers
        Gives the published ranker; None: scores are fused.
    """

    source: CollaborativeSource | None = None
    listener_keeper: ListenerKeeper | None = None
    plays: RecentPlays | None = None
    popularity: Popularity | None = None
    rankers: Rankers | None = None


NOTHING_LEARNED = Learned()


class PublishedLearning:
    """What is recorded of the listeners of one catalogue, and what is published, in the queue."""

    def __init__(
        self,
        queue: QueueSettings,
        factors: FactorSettings,
        listeners: ListenerSettings,
        catalogue: str,
    ) -> None:
        pause = factors.factors_poll_seconds
        self._factor_store = FactorStore(queue, factors, catalogue=catalogue)
        self._ranker_store = RankerStore(queue, catalogue=catalogue)
        self._listener_store = ListenerStore(queue, listeners, catalogue=catalogue)
        self._factors = FactorsSource(self._factor_store, poll_seconds=pause, catalogue=catalogue)
        self._rankers = RankerSource(self._ranker_store, poll_seconds=pause, catalogue=catalogue)
        self._keeper = ListenerKeeper(
            self._listener_store, listeners, self._factor_store, catalogue
        )

    def learned(self, *, built_in: bool, source: CollaborativeSource | None) -> Learned:
        """The collaborative side of the catalogue.

        Parameters
        ----------
        built_in
            Whether published factors score tracks; else it is left to ``source``. They also tell
            how popular tracks are, whatever the source is.
        """
        return Learned(
            source=self._factors if built_in else source,
            listener_keeper=self._keeper,
            plays=self._listener_store,
            popularity=self._factors,
            # It has learned from scores of published factors, and not from those of another source.
            rankers=self._rankers if built_in else None,
        )

    def start(self) -> None:
        """Load what is published, and look for others from then on."""
        self._factors.start()
        self._rankers.start()

    async def close(self) -> None:
        """Look no more, and let go of connections; the keeper closes its own."""
        await self._factors.close()
        await self._rankers.close()
        await self._factor_store.close()
        await self._ranker_store.close()
