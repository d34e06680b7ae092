"""Dashboards are laid out without overlap, and every panel explains itself."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from promql import DASHBOARD_FILES, DEPLOY, panels

PROVISIONING = DEPLOY / "grafana" / "provisioning"
GRID_COLUMNS = 24


def test_every_dashboard_is_there() -> None:
    assert {file.stem for file in DASHBOARD_FILES} == {
        *("errors", "ingest", "listeners", "query", "triton", "web")
    }
    boards = [json.loads(file.read_text()) for file in DASHBOARD_FILES]
    assert len({board["uid"] for board in boards}) == len(boards)
    assert len({board["title"] for board in boards}) == len(boards)


@pytest.mark.parametrize("file", DASHBOARD_FILES, ids=lambda file: file.stem)
def test_panels_fill_the_grid_without_overlap(file: Path) -> None:
    every = json.loads(file.read_text())["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    places = [panel["gridPos"] for panel in every]
    for place in places:
        assert 0 <= place["x"] <= place["x"] + place["w"] <= GRID_COLUMNS
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@pytest.mark.parametrize("file", DASHBOARD_FILES, ids=lambda file: file.stem)
def test_panels_have_title_text_and_unit(file: Path) -> None:
    shown = panels(file)
    assert len({panel["title"] for panel in shown}) == len(shown)
    for panel in shown:
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] != "heatmap":
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        for target in panel["targets"]:
            assert panel["type"] == "stat" or target["legendFormat"], panel["title"]


@pytest.mark.parametrize("file", DASHBOARD_FILES, ids=lambda file: file.stem)
def test_panels_read_the_provisioned_source(file: Path) -> None:
    source = yaml.safe_load((PROVISIONING / "datasources" / "prometheus.yml").read_text())
    uid = source["datasources"][0]["uid"]
    for panel in panels(file):
        assert panel["datasource"]["uid"] == uid
        assert all(target["datasource"]["uid"] == uid for target in panel["targets"])
