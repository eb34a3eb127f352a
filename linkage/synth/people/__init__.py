"""Who lives where, under what names and numbers, and the dated lives they lead."""
