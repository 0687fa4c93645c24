"""Blob stores: recordings as files, or in memory."""
