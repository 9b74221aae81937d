"""The errors a person may meet. Each message says what came in, what is allowed and what to do."""


class LstmLensError(Exception):
    """Base of every error that LSTM Lens raises on purpose; its text is fit to be shown."""


class InputError(LstmLensError):
    """A value, text or setting given by a person or a caller is not usable."""


class DataError(LstmLensError):
    """A data set is missing, damaged or of a form that is not read."""


class BundleError(LstmLensError):
    """A saved model is missing, damaged, foreign or written by a newer version."""


class TrainingError(LstmLensError):
    """A training cannot start or cannot go on."""


class NotAllowedError(LstmLensError):
    """Something that this server does not let its visitors do."""


class RunError(LstmLensError):
    """A run is missing, in use, or not in the state for what is asked of it."""


class CrewError(LstmLensError):
    """The processes or the cluster that were to do the work cannot."""
