"""Sockets: WebSocket frames, the listener on the HTTP server's port, flow control and limits."""
