"""Benchmarks: each compares within one run, prints a table and writes JSON into bench/results/."""
