"""Benchmarks of telling speakers apart: who spoke when, through the server too, how well two recordings of a voice are
told from two, and what a panel costs in the long run."""
