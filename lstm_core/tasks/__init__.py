"""Background tasks: processes, locks, executors, uploaded files."""
