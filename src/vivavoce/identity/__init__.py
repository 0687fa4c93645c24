"""Who somebody is, how they prove it, and which sessions they may enter (SPEC.md 0.5)."""
