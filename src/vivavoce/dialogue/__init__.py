"""The AI interviewer's thinking: plan, reading of answers, next move. Pure functions; engines do the wording."""
