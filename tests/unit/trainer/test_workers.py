"""Pools of processes of one thread each."""

from __future__ import annotations

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from segue.trainer.workers import one_thread_each


def test_linear_algebra_runs_on_one_thread_and_only_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with one_thread_each(1) as workers:
        assert workers.submit(np.dot, np.ones(2), np.ones(2)).result() == 2
        threads = [library["num_threads"] for library in workers.submit(threadpool_info).result()]
    assert threads
    assert set(threads) == {1}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
    assert "MKL_NUM_THREADS" not in os.environ
