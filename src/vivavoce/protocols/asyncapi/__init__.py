"""AsyncAPI 3: the description of every door, made from the very types that are sent and received."""
