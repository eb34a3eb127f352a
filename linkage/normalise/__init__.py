"""Identifiers in canonical form: the same rule in Python and as SQL, one identifier per module."""
