"""Benchmarks of telling speakers apart: who spoke when, and how well two recordings of a voice are told from two."""
