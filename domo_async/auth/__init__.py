"""Proving who we are: credentials, the token grant, and the life of a token."""
