"""What people write once and use in many interviews: question sets."""
