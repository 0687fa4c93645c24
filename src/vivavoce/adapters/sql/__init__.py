"""SQLite: one writer thread, many readers (DESIGN.md 1, "One writer")."""
