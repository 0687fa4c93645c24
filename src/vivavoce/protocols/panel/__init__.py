"""The panel's vocabulary (document B): messages, codec, projector."""
