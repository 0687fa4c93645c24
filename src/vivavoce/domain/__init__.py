"""What is true: ids, errors, access rules, sessions, rubrics and scorecards. Pure: no I/O, no async, no clock."""
