"""Speech: audio in, decoded, voice activity, endpointing, recognition in worker processes, transcripts out."""
