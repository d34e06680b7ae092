"""Playlists: which tracks, in which order, how even, and as which file. Pure functions."""
