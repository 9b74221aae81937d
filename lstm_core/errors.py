"""The errors a person may meet. Each message says what came in, what is allowed and what to do."""


class LstmLensError(Exception):
    """Base of every error that LSTM Lens raises on purpose; its text is fit to be shown."""


class InputError(LstmLensError):
    """A value, text or setting given by a person or a caller is not usable."""


class EncodingQuestionError(InputError):
    """What the files of an imported model do not say about its encoding must be answered."""


class DataError(LstmLensError):
    """A data set is missing, damaged or of a form that is not read."""


class BundleError(LstmLensError):
    """A saved model is missing, damaged, foreign or written by a newer version."""


class TrainingError(LstmLensError):
    """A training cannot start or cannot go on."""


class NotAllowedError(LstmLensError):
    """Something that this server does not let its visitors do."""


class TaskError(LstmLensError):
    """A background task cannot be started, is not there, or its queue is full."""


class RunError(LstmLensError):
    """A run is missing, in use, or not in the state for what is asked of it."""


class ExecutorError(LstmLensError):
    """The processes or the cluster that were to do the work cannot."""


def reason(error: BaseException, limit: int = 300) -> str:
    """What a library or the system said, fit for a sentence: printable, on one line, not long.

    Libraries quote what they were given, which may be the bytes of a damaged file.
    """
    said = " ".join(str(error).split()) or type(error).__name__
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in said)
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}\N{HORIZONTAL ELLIPSIS}"
