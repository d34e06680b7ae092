"""Embed chunks through Triton Inference Server."""
