"""From an ended interview to what people decide by: transcript, report, document."""
