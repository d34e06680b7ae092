"""Fusion of acoustic and collaborative order."""
