"""The outside behind the ports: SQL, memory."""
