"""Fuzz tests: every entry point is given hostile input."""
