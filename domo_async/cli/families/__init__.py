"""The commands of the API families, one module each."""
