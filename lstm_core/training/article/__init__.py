"""The article's model and training recipe."""
