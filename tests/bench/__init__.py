"""Benchmarks: ratios within one run, anyone can run them again with ``make bench``."""
