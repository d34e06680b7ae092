"""The embedded stack: start, supervise, stop."""
