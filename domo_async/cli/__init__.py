"""The ``domo-async`` command."""
