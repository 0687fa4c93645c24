"""The doors: each speaks one protocol over sockets of the gateway."""
