"""Document D's WebSockets: progress, quality, marking, the machine (SPEC.md 4)."""
