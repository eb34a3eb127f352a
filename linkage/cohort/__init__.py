"""The de-identified zone: measures and studies over linked tables. It needs a person key and never a name."""
