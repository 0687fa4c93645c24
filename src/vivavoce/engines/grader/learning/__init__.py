"""The grader that learns from the marks a teacher gives."""
