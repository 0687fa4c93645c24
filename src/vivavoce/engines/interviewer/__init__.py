"""Interviewer engines: they turn the planner's move into words."""
