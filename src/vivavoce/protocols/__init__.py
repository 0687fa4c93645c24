"""The wire vocabularies over sessions: messages (typed), codec, projector. Sans-I/O."""
