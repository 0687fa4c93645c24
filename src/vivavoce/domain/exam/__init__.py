"""Exams: questions, responses, marks, batches, alerts and appeals. Pure."""
