"""What the parts of the quality page share: stored evaluation, scores, the measuring job."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from lstm_core.datasets import find_corpus, load_small_corpus
from lstm_core.datasets.load import SMALL_CORPUS
from lstm_core.errors import LstmLensError
from lstm_core.evaluation import Evaluation, read_evaluation
from lstm_core.evaluation.scores import Scores, summarize_scores
from lstm_core.evaluation.worker import measured_here, start_evaluation
from lstm_core.model.bundle import Bundle
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.permissions import Visitor
from pages.parts.common.page import any_model_in_use, command_for
from pages.parts.common.permission_gate import allowed

NO_DATA = (
    "The data set is not on this machine. Put Stanford's aclImdb_v1.tar.gz into the folder data/, "
    "or name it in LSTM_LENS_DATA, and load this page again."
)


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
    model = any_model_in_use()
    own = " --data FILE" if "--data" in model.card.command.split() else ""
    return command_for(f"evaluate --write{' --small' if own_data(model) else own}")


def ways_to_measure(model: SentimentModel) -> str:
    """Where this visitor can measure a model."""
    page = "under “Model card”, or " if data_is_here(model) and allowed().measure else ""
    return f"{page}with `{how_to_measure()}`"


def evaluation_of(model: SentimentModel) -> Evaluation | None:
    """The stored evaluation, or what was measured here when none is stored."""
    return stored_evaluation(model).evaluation or measured_evaluation(model)


def made(evaluation: Evaluation) -> tuple[str, str]:
    """What tells one evaluation from another: when it was made, and of which model."""
    return evaluation.stamp.made, evaluation.stamp.fingerprint


@st.cache_data(show_spinner=False, max_entries=16, hash_funcs={Evaluation: made})
def scores_of(evaluation: Evaluation, reading: str) -> Scores:
    """Measures of one reading, computed once from the stored numbers."""
    outcomes = evaluation.outcomes
    return summarize_scores(
        outcomes.labels, outcomes.probabilities(reading), groups=outcomes.groups
    )


def own_data(model: SentimentModel) -> Path | None:
    """The small corpus for a model that was trained on it; other data are looked for."""
    return SMALL_CORPUS if model.card.data.sha256 == load_small_corpus().source.sha256 else None


def data_is_here(model: SentimentModel) -> bool:
    """Whether a data set for the model would be read without a download."""
    if own_data(model) is not None:
        return True
    try:
        return find_corpus() is not None
    except LstmLensError:
        return False


def measured_evaluation(model: SentimentModel) -> Evaluation | None:
    """The last finished evaluation made here, None without one or when it is damaged."""
    try:
        return measured_here(model.bundle)
    except LstmLensError:
        return None


def start_measuring(model: SentimentModel, visitor: Visitor) -> None:
    """Ask for an evaluation, with the baselines where the switch is on."""
    baselines = bool(st.session_state.get("with_baselines"))
    start_evaluation(model.bundle, visitor, baselines=baselines, data=own_data(model))
