"""What stands behind the servicers: model and indexes, once they answered, and kept uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from segue.catalogues import ONLY_DEFAULT, Catalogues
from segue.embedding.model import Embedder, ModelCard
from segue.errors import EmbedderUnavailable, IndexUnavailable
from segue.index.port import TrackIndex
from segue.media.kept_uploads import KeptUploads


class NamesCatalogue(Protocol):
    """A request, or the header of one, that says which catalogue is meant."""

    @property
    def catalogue(self) -> str:
        """Its name; empty: the default one."""
        ...


class Backends:
    """The model's card, and the indexes that belong to it, once they are known.

    Parameters
    ----------
    kept
        Where uploads are kept; None: nowhere.
    catalogues
        Those that there are. Each has an index of its own.
    media_roots
        Folders below which files must lie to be read for an account; none: they may lie anywhere.
    """

    def __init__(
        self,
        embedder: Embedder,
        kept: KeptUploads | None = None,
        catalogues: Catalogues = ONLY_DEFAULT,
        media_roots: Sequence[Path] = (),
    ) -> None:
        self.embedder = embedder
        self.kept = kept
        self.media_roots = tuple(media_roots)
        self.catalogues = catalogues
        self._card: ModelCard | None = None
        self._indexes: dict[str, TrackIndex] = {}

    def model_known(self, card: ModelCard) -> None:
        """Take the card of the model: from now on clips can be embedded."""
        self._card = card

    def index_opened(self, index: TrackIndex) -> None:
        """Take the open index of a catalogue: from now on it can be searched."""
        self._indexes[index.catalogue] = index

    @property
    def known_card(self) -> ModelCard | None:
        """The model as it last answered; None when it never did."""
        return self._card

    @property
    def opened(self) -> Mapping[str, TrackIndex]:
        """The indexes that are open, by catalogue: what runs in the background cares for all."""
        return MappingProxyType(self._indexes)

    @property
    def all_opened(self) -> bool:
        """Whether the index of every catalogue is open."""
        return all(catalogue in self._indexes for catalogue in self.catalogues)

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

    def catalogue_of(self, request: NamesCatalogue) -> str:
        """Name of the catalogue that a request is about.

        Raises
        ------
        CatalogueUnknown
            When there is none of that name.
        """
        return self.catalogues.checked(request.catalogue)

    def index_of(self, request: NamesCatalogue) -> TrackIndex:
        """The open index of the catalogue that a request is about: no call reaches another one.

        Raises
        ------
        CatalogueUnknown
            When there is none of that name.
        IndexUnavailable
            While it is not open yet.
        """
        return self.index_in(self.catalogue_of(request))

    def index_in(self, catalogue: str) -> TrackIndex:
        """The open index of a catalogue that there is.

        Raises
        ------
        IndexUnavailable
            While it is not open yet.
        """
        index = self._indexes.get(catalogue)
        if index is None:
            raise IndexUnavailable("the service is starting: the index is not open yet")
        return index
