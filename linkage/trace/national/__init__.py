"""Files of the national tracing services: requests written, responses read, and what is still to be answered."""
