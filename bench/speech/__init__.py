"""Benchmarks of speech recognition: accuracy, latency and memory."""
