"""Segue: a self-hosted music-similarity service."""

__version__ = "0.1.0"
