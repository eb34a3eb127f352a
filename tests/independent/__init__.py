"""Measures computed a second time, in plain pandas, from the same derived tables: nothing here reads the measures' own SQL."""
