"""How domo_async compares: ``python -m tests.benchmarks --help``."""
