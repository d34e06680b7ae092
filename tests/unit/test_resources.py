"""Folders that come with Segue are found in a checkout; tests/e2e/test_wheel.py tries a wheel."""

from __future__ import annotations

import pytest

from segue import resources
from segue.resources import InstallationIncomplete, resource_folder


@pytest.mark.parametrize("name", ["model_repository", "deploy/demo/catalogue", "deploy/triton"])
def test_a_checkout_has_them_at_its_top_level(name: str) -> None:
    assert resource_folder(name).is_dir()
    assert "services" not in resource_folder(name).parts


def test_those_of_the_package_come_first(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for root in ("package", "checkout"):
        (tmp_path / root / "deploy").mkdir(parents=True)
    monkeypatch.setattr(resources, "_ROOTS", (tmp_path / "package", tmp_path / "checkout"))
    assert resource_folder("deploy") == tmp_path / "package" / "deploy"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InstallationIncomplete, match="'deploy/nothing'") as caught:
        resource_folder("deploy/nothing")
    assert "pip install" in caught.value.next_step
