"""Exams, submissions, batches, marking, moderation and the quality monitor."""
