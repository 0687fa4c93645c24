"""How well scanned pages are read, and whether their quality is told."""
