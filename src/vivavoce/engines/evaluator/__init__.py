"""Evaluators: a transcript and a rubric in, an evidence-locked scorecard out."""
