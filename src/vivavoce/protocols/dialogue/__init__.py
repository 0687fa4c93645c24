"""Document C: the AI interviewer over a JSON WebSocket (SPEC.md 2)."""
