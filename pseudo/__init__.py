"""Keyed pseudonyms, de-identified releases and disclosure control. Imports nothing of ``linkage``."""
