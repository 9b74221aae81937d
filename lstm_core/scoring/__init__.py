"""Scoring files: CSV, TSV, TXT and Parquet in, the same rows with probability and verdict out.

A file is read by parts, so memory does not grow with it. A row that cannot be read is marked with
its line and the reason; the others are scored, order and count are kept.
"""

from lstm_core.scoring.file import Limits, score_file
from lstm_core.scoring.readers import Look, Source, look, open_source
from lstm_core.scoring.summary import BadRow, FirstRow, Summary

__all__ = [
    "BadRow",
    "FirstRow",
    "Limits",
    "Look",
    "Source",
    "Summary",
    "look",
    "open_source",
    "score_file",
]
