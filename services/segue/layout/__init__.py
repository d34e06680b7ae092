"""Lays tracks out in the plane by their vectors: the only place with openTSNE."""
