"""How well answers are graded, beside plain baselines, and how fast."""
