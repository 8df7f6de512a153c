"""What Domo can be asked: one module per API family, one method per operation."""
