"""Socket.IO 5 on Engine.IO: namespaces, events, acknowledgements both ways, binary attachments."""
