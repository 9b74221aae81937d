"""Fuzz tests: every entry point is given input nobody would send in good faith."""
