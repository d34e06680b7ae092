"""``segue musicnn``: what it refuses before it fetches, and the card that it writes."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from segue.cli import main
from segue.resources import resource_folder
from segue.trainer.musicnn_import import musicnn_card


@pytest.mark.parametrize("named", [(), ("--name", "musicnn")])
def test_the_variant_does_not_take_the_place_of_the_model_that_ships(
    named: tuple[str, ...],
) -> None:
    # An interpreter that is not there: were it not refused, the command would end otherwise.
    arguments = ["musicnn", "--before-rectification", "--python", "/nowhere/python", *named]
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 2
    assert "another --name" in " ".join(answer.output.split())


def test_the_card_that_ships_is_the_one_that_is_written() -> None:
    shipped = resource_folder("model_repository") / "musicnn" / "README.md"
    assert shipped.read_text() == musicnn_card("musicnn", rectified=True)


def test_the_card_of_the_variant_says_what_its_vector_is() -> None:
    card = musicnn_card("plain", rectified=False)
    assert card.startswith("# plain\n")
    assert "layer, before it is rectified" in card
    assert "segue musicnn --before-rectification --name plain " in card
    assert "segue up --model plain" in card
