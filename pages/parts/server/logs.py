"""The server's log: one line per event, ``time level logger event key=value ...``, on stderr.

No line holds what a visitor wrote: events have fixed names, and their fields are counts, names of
pages and actions, and types of errors. Of an exception its type and the lines of code are logged,
not its message, which may quote a review.
"""

import asyncio
import json
import logging
import threading
import time
import traceback
from collections import Counter
from typing import Any

LOGGERS = ("lstm_core", "pages")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+")


class EventFormatter(logging.Formatter):
    """Formats a record as one line; its ``fields`` (see `event`) follow the message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        parts = [
            f"{when}.{int(record.msecs):03d}Z",
            record.levelname,
            record.name,
            _value(record.getMessage()),
        ]
        parts += [f"{k}={_value(v)}" for k, v in getattr(record, "fields", {}).items()]
        if record.exc_info and record.exc_info[0] is not None:
            parts += [f"{k}={_value(v)}" for k, v in error_fields(record.exc_info[1]).items()]
        return " ".join(parts)


class EventCounter(logging.Handler):
    """Counts events by their name, for the metrics."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        self.counts[record.getMessage()] += 1


def event(logger: logging.Logger, name: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event with its fields."""
    logger.log(level, name, extra={"fields": fields})


def set_up_logging(counter: EventCounter) -> None:
    """Send the events of the package and the pages to stderr, and what kills a thread too."""
    handler = logging.StreamHandler()
    handler.setFormatter(EventFormatter())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler, counter]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    threading.excepthook = _log_dead_thread


def watch_loop() -> None:
    """Log what kills a task of the running event loop."""
    asyncio.get_running_loop().set_exception_handler(_log_dead_task)


def error_fields(error: BaseException | None) -> dict[str, str]:
    """Type of an error and the lines of code that it went through, the innermost last."""
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return {"error": type(error).__name__, "at": ">".join(places)}


def log_script_error(error: Exception) -> None:
    """Log an exception that a page did not handle; the visitor sees a sentence."""
    event(logging.getLogger(__name__), "page_failed", logging.ERROR, **error_fields(error))


def _log_dead_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_type is SystemExit:
        return
    name = given.thread.name if given.thread else ""
    fields = error_fields(given.exc_value)
    event(logging.getLogger(__name__), "thread_died", logging.ERROR, thread=name, **fields)


def _log_dead_task(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    fields = error_fields(error)
    event(logging.getLogger(__name__), "task_died", logging.ERROR, **fields)
    if error is None:
        loop.default_exception_handler(context)


def _value(value: Any) -> str:
    """A value as it is when it needs no quotes, else as JSON."""
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else json.dumps(text, ensure_ascii=True)
