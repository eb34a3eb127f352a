"""Damaged submissions made from a seed, and what must hold for every one of them."""
