"""Fixtures for every test."""

pytest_plugins = ["redis_process"]
