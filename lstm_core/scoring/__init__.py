"""Scoring files: a table of reviews in, the same rows with probability and verdict out.

A file is read by batches, so memory does not grow with it. A row that cannot be read is marked with
its line and the reason; the others are scored, order and count are kept.
"""

from lstm_core.scoring.batch import Reading
from lstm_core.scoring.file import Limits, score_file
from lstm_core.scoring.summary import BadRow, Summary
from lstm_core.scoring.writers import Output

__all__ = ["BadRow", "Limits", "Output", "Reading", "Summary", "score_file"]
