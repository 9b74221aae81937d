"""What the parts of the quality page share: stored evaluation, scores, the measuring job."""

import subprocess
import threading
from dataclasses import dataclass, field

import streamlit as st

from lstm_core.datasets import find_corpus
from lstm_core.errors import LstmLensError
from lstm_core.evaluation import Evaluation, read_evaluation
from lstm_core.evaluation.scores import Scores, summarize_scores
from lstm_core.evaluation.worker import JobState, job_state, start_job
from lstm_core.model.bundle import Bundle
from lstm_core.model.sentiment_model import SentimentModel
from pages.parts.common.page import command_for

NO_DATA = (
    "The data set is not on this machine. Put Stanford's aclImdb_v1.tar.gz into the folder data/, "
    "or name it in LSTM_LENS_DATA, and load this page again."
)


@dataclass
class EvaluationTasks:
    """Processes that this server started, by the model's fingerprint."""

    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Stored:
    """The evaluation that a bundle holds, or why there is none."""

    evaluation: Evaluation | None
    trouble: str = ""


@st.cache_resource(show_spinner=False, max_entries=4)
def _stored(fingerprint: str, _bundle: Bundle) -> Stored:
    try:
        return Stored(read_evaluation(_bundle))
    except LstmLensError as error:
        return Stored(None, str(error))


def stored_evaluation(model: SentimentModel) -> Stored:
    """The evaluation stored with the model, read once."""
    note = model.card.files.get("evaluation.json")
    return _stored(f"{model.bundle.fingerprint}-{note.sha256 if note else ''}", model.bundle)


def how_to_measure() -> str:
    """The command that stores figures with the model in use."""
    return command_for("evaluate --write")


def evaluation_of(model: SentimentModel) -> Evaluation | None:
    """The stored evaluation, or what was measured here when none is stored."""
    return stored_evaluation(model).evaluation or measuring(model).evaluation


@st.cache_data(show_spinner=False, max_entries=16)
def _scores(made: str, fingerprint: str, reading: str, _evaluation: Evaluation) -> Scores:
    outcomes = _evaluation.outcomes
    return summarize_scores(
        outcomes.labels, outcomes.probabilities(reading), groups=outcomes.groups
    )


def scores_of(evaluation: Evaluation, reading: str) -> Scores:
    """Measures of one reading, computed once from the stored numbers."""
    stamp = evaluation.stamp
    return _scores(stamp.made, stamp.fingerprint, reading, evaluation)


def data_is_here() -> bool:
    """Whether a data set would be read without a download."""
    try:
        return find_corpus() is not None
    except LstmLensError:
        return False


@st.cache_resource(show_spinner=False)
def _jobs() -> EvaluationTasks:
    return EvaluationTasks()


def measuring(model: SentimentModel) -> JobState:
    """How the measurement of this model stands."""
    return job_state(model.bundle, _jobs().running.get(model.bundle.fingerprint))


def start_measuring(model: SentimentModel, *, baselines: bool) -> None:
    """Start a measurement unless one is under way."""
    with _jobs().lock:  # two sessions may press the button at once
        if not measuring(model).running:
            process = start_job(model.bundle, baselines=baselines)
            _jobs().running[model.bundle.fingerprint] = process


def stop_measuring(model: SentimentModel) -> None:
    """Stop the measurement that this server started."""
    process = _jobs().running.pop(model.bundle.fingerprint, None)
    if process is not None and process.poll() is None:
        process.terminate()
        process.wait(timeout=10)
