"""Fuzzing of the metadata parser by coverage: `make fuzz`."""
