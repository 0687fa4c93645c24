"""Vivavoce: one self-hosted platform for spoken and written assessment."""
