"""Benchmarks of the gateway, beside a C reference and Node's `ws`."""
