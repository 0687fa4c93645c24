"""People's rights over what is kept of them: export and erasure (SPEC.md 6.9)."""
