"""Engines that tell speakers apart: embeddings of voices, and who of a few speaks at each instant."""
