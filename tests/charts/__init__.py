"""Charts of the documentation, made from worlds in memory."""
