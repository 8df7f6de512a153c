"""Bridges to other frameworks, one module each, each behind its extra."""
