"""Folders of music on this machine: what in them is a track, and what has become of them."""
