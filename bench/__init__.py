"""Benchmarks: each prints one table of ratios against a named peer or floor, measured in the same run."""
