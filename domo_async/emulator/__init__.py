"""A local Domo to develop and test against."""
