"""What the case system of an authority holds of a person, with the faults of identity."""
