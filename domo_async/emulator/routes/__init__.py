"""The API families: one module each, with its operations and their scopes."""
