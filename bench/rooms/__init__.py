"""Rooms as people use them: the whole server, with its disk, its tokens and its speech, under thousands of people."""
