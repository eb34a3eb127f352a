"""Who needs social care and what happens to them: causes first, then pathways and events."""
