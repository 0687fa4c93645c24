"""The session core: appends, commands, dialogues, opening and resuming."""
