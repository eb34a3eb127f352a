"""What is true: who each record is, what a tracer should find, support, and planted effects."""
