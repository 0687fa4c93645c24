"""Telling speakers apart, without I/O: slices of one voice, evidence about voices, clusters, turns, corrections."""
