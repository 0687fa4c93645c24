"""AI engines behind Protocols: one folder a kind, one file a provider."""
