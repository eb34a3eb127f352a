"""Published tables, one per file: a population, one row per person, columns."""
