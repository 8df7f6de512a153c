"""Rows at rest and on the wire: DuckDB storage, Domo's column types, its CSV grammar and its SQL."""
