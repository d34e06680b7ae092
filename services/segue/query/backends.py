"""What stands behind the servicers: model and index, once they have answered, and kept uploads."""

from __future__ import annotations

from segue.embedding.model import Embedder, ModelCard
from segue.errors import EmbedderUnavailable, IndexUnavailable
from segue.index.port import TrackIndex
from segue.media.kept_uploads import KeptUploads


class Backends:
    """The model's card and the index that belongs to it, once both are known.

    Parameters
    ----------
    kept
        Where uploads are kept; None: nowhere.
    """

    def __init__(self, embedder: Embedder, kept: KeptUploads | None = None) -> None:
        self.embedder = embedder
        self.kept = kept
        self._card: ModelCard | None = None
        self._index: TrackIndex | None = None

    def model_known(self, card: ModelCard) -> None:
        """Take the card of the model: from now on clips can be embedded."""
        self._card = card

    def index_opened(self, index: TrackIndex) -> None:
        """Take the open index: from now on it can be searched."""
        self._index = index

    @property
    def known_card(self) -> ModelCard | None:
        """The model as it last answered; None when it never did."""
        return self._card

    @property
    def opened(self) -> TrackIndex | None:
        """The index, when it is open."""
        return self._index

    @property
    def card(self) -> ModelCard:
        """The served model.

        Raises
        ------
        EmbedderUnavailable
            While the model has not answered since the start.
        """
        if self._card is None:
            raise EmbedderUnavailable("the service is starting: the model has not answered yet")
        return self._card

    @property
    def index(self) -> TrackIndex:
        """The open index.

        Raises
        ------
        IndexUnavailable
            While it is not open yet.
        """
        if self._index is None:
            raise IndexUnavailable("the service is starting: the index is not open yet")
        return self._index
