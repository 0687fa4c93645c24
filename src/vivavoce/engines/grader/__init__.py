"""Graders of exam answers: exact, by expected points, learning from a teacher's marks, and with a model."""
