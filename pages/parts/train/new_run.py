"""Start a run: training data, hyperparameters, validation, time estimate."""

import streamlit as st

from lstm_core.errors import LstmLensError
from lstm_core.runs import (
    DEFAULT_PROBES,
    Keep,
    RunRequest,
    running_run,
    start_or_queue,
    waiting_runs,
)
from lstm_core.runs.config import LONGEST_PROBE, MOST_PATIENCE, MOST_PROBES
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice
from pages.parts.common.permission_gate import may, visitor
from pages.parts.train.common import TROUBLE, draw_error, draw_under_way, go_to_next
from pages.parts.train.data import choose_data
from pages.parts.train.estimate import draw_estimate
from pages.parts.train.settings import choose_settings
from pages.parts.train.waiting_list import draw_waiting

SHORT = 2_000
LEAST = 20  # reviews of a short run, see `RunRequest`
KEEPS = {str(Keep.LAST): "last", str(Keep.BEST): "best"}
SHARES = (0, 5, 10, 15, 20, 30, 50)


def draw_new() -> None:
    """The form; nothing is started while something in it is impossible."""
    if not may("train"):
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Training data", anchor=False)
        data_place = st.container()
        st.subheader("Hyperparameters", anchor=False)
        settings = choose_settings()
    with data_place:
        data = (
            choose_data(settings.num_words, settings.maxlen)
            if settings
            else choose_data(10_000, 80)
        )
    with right:
        st.subheader("Validation", anchor=False)
        share = st.select_slider(
            "Validation split (%)",
            SHARES,
            10,
            key="validation",
            bind="query-params",
            help="Share of the training reviews that is held out and never trained on.",
        )
        keep, patience = _choose_keep() if share else (Keep.LAST, 0)
        limit = _choose_limit()
        probes = _choose_probes()
        name = st.text_input(
            "Name of the run", key="run_name", max_chars=80, placeholder="from recipe and number"
        )
        if settings is None or data is None or limit is None or probes is None:
            st.button("Start", type="primary", key="start", disabled=True)
            return
        try:
            request = RunRequest(
                settings=settings,
                data=data,
                validation_share=int(share or 0) / 100,
                review_limit=limit,
                probes=probes,
                name=name.strip(),
                keep=keep,
                patience=patience,
            )
        except LstmLensError as error:
            st.error(escape_markdown(str(error)))
            return
        _draw_start(request)


def _draw_start(request: RunRequest) -> None:
    draw_estimate(request)
    draw_under_way(running := running_run())
    draw_waiting()
    # No callback: it would be handed the request of the last drawing, and what was typed just
    # before the click may come together with the click.
    label = "Add to the queue" if running or waiting_runs() else "Start"
    if st.button(label, type="primary", key="start"):
        _start(request)
    draw_error()


def _choose_keep() -> tuple[Keep, int]:
    """Which epoch becomes the model, and when the training ends early."""
    boxes = st.columns(2)
    keep = Keep(linked_choice(boxes[0].segmented_control, "Epoch to keep", KEEPS, key="keep"))
    patience = boxes[1].number_input(
        "Patience (epochs, 0 = off)",
        0,
        MOST_PATIENCE,
        0,
        key="patience",
        bind="query-params",
        help="Early stopping: the training ends after so many epochs without a lower validation "
        "loss.",
    )
    return keep, int(patience)


def _choose_limit() -> int | None:
    """0 for all reviews, None while the number is impossible."""
    which = linked_choice(
        st.segmented_control,
        "Use",
        {"all": "all reviews", "subset": "a subset"},
        key="train_reviews",
        parameter="reviews",
        aliases={"a short run": "subset", "few": "subset"},
    )
    if which != "subset":
        return 0
    limit = st.number_input(
        "Max. training reviews", value=SHORT, step=100, key="limit", bind="query-params"
    )
    if limit < LEAST:
        st.error(f"Choose {LEAST} reviews or more.")
        return None
    return int(limit)


def _choose_probes() -> tuple[str, ...] | None:
    """The reviews that are tracked, None while they are too many or too long."""
    st.session_state.setdefault("probes", "\n".join(DEFAULT_PROBES))
    panel = st.expander("Reviews to track during training", key="probes_panel", on_change="rerun")
    if panel.open:
        panel.text_area(
            f"One per line, {MOST_PROBES} at most. They are traced at regular steps (see "
            f"“Replay”).",
            key="probes",
            persist_state="session",
            height=120,
        )
    typed = st.session_state["probes"]
    probes = tuple(line.strip() for line in (typed or "").splitlines() if line.strip())
    if len(probes) > MOST_PROBES or any(len(probe) > LONGEST_PROBE for probe in probes):
        st.error(f"Give {MOST_PROBES} probe reviews at most, of {LONGEST_PROBE:,} characters each.")
        return None
    return probes


def _start(request: RunRequest) -> None:
    try:
        go_to_next("progress", start_or_queue(request, visitor()))
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
    else:
        st.rerun()
