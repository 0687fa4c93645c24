"""Engine.IO 4: polling, WebSocket, and the way from one to the other."""
