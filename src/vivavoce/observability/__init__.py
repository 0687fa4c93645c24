"""Logs and metrics, watching from outside."""
