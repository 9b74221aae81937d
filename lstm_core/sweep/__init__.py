"""Sweeps: many trainings, of several seeds and settings, on many cores or machines.

Each is a run like any other, and ends up among the runs that the training page shows.
"""

from lstm_core.sweep.config import Sweep, read_sweep
from lstm_core.sweep.run import SweepResult, run_sweep

__all__ = ["Sweep", "SweepResult", "read_sweep", "run_sweep"]
