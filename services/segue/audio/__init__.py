"""Decode audio and turn it into log-mel chunks."""
