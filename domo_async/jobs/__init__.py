"""Many DataSets at once."""
