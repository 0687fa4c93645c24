"""A session from creation to report: commands, events, state, `decide` and `evolve`. Pure."""
