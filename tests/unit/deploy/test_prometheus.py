"""Prometheus's own checker reads the configuration and runs the rules' unit tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from promql import DEPLOY, rules

PROMETHEUS = DEPLOY / "prometheus"
RULE_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
OPERATIONS = DEPLOY.parent / "docs" / "operations.md"


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    return found


def check(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "embedded.yml"])
def test_configuration_is_valid(promtool: str, name: str) -> None:
    check(promtool, "check", "config", "--syntax-only", PROMETHEUS / name)


def test_rules_are_valid(promtool: str) -> None:
    check(promtool, "check", "rules", *sorted((PROMETHEUS / "rules").glob("*.yml")))


@pytest.mark.parametrize("file", RULE_TESTS, ids=lambda file: file.stem)
def test_rules_do_what_their_tests_say(promtool: str, file: Path) -> None:
    check(promtool, "test", "rules", file)


@pytest.mark.parametrize("alert", [name for name, _ in rules("alert")])
def test_every_alert_is_seen_to_fire_and_to_stay_quiet(alert: str) -> None:
    expectations = [
        bool(expectation.get("exp_alerts"))
        for file in RULE_TESTS
        for test in yaml.safe_load(file.read_text())["tests"]
        for expectation in test.get("alert_rule_test", ())
        if expectation["alertname"] == alert
    ]
    assert set(expectations) == {True, False}


@pytest.mark.parametrize("alert", [name for name, _ in rules("alert")])
def test_every_alert_says_what_to_do(alert: str) -> None:
    assert f"### {alert}\n" in OPERATIONS.read_text()
