"""Cue phrases of the rule engine, as data: one file a language, and how much each dimension weighs for a criterion."""
