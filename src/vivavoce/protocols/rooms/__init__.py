"""Document A's vocabulary over a session: rooms on Socket.IO. Sans-I/O."""
