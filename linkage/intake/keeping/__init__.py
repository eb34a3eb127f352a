"""Keeping submissions: a store of every version of every file, the current record, what changed, what is due, and the log."""
