"""Names of catalogues."""

from __future__ import annotations

import pytest

from segue.catalogues import DEFAULT_CATALOGUE, ONLY_DEFAULT, Catalogues
from segue.errors import CatalogueUnknown


def test_names_are_read_once_each_in_their_order() -> None:
    catalogues = Catalogues.of(" archive, test,,archive,9-lives ")
    assert catalogues.named == ("archive", "test", "9-lives")
    assert list(catalogues) == [DEFAULT_CATALOGUE, "archive", "test", "9-lives"]
    assert list(Catalogues.of("")) == [DEFAULT_CATALOGUE]


@pytest.mark.parametrize("name", ["-x", "Archive", "a.b", "a/b", "ä", "a" * 64, "default", "a\nb"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a catalogue"):
        Catalogues.of(name)
    with pytest.raises(CatalogueUnknown, match="no catalogue of such a name"):
        Catalogues(("archive",)).checked(name)


def test_a_name_of_63_characters_is_one() -> None:
    assert Catalogues.of("a" * 63).checked("a" * 63) == "a" * 63


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    assert Catalogues(("archive", "test")).checked("test") == "test"
    assert ONLY_DEFAULT.checked("") == ""
    with pytest.raises(CatalogueUnknown) as caught:
        Catalogues(("archive", "test")).checked("attic")
    assert "'attic'" in str(caught.value)
    assert "archive, test, and the default one" in str(caught.value)
    assert "SEGUE_CATALOGUES" in caught.value.next_step
    with pytest.raises(CatalogueUnknown, match="only the default one"):
        ONLY_DEFAULT.checked("attic")
