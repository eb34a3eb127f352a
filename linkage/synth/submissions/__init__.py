"""Quarterly files of each authority: what they hold, in which form, and their faults."""
