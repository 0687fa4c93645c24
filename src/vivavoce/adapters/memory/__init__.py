"""The ports in memory: the reference the contract suite holds the others to, and the store of fast tests."""
