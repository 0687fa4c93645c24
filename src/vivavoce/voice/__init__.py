"""Voice in a session: audio is stored, acknowledged, heard, and what was said becomes the candidate's input."""
