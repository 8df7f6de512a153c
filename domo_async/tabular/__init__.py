"""Rows in and out: Domo's types and CSV on one side, Arrow on the other."""
