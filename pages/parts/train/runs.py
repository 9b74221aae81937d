"""All runs: a table, curves over each other, differences, and what one can do with a run."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lstm_core.errors import LstmLensError
from lstm_core.model.bundle_zip import bundle_zip
from lstm_core.model.registry import (
    TRASH_SECONDS,
    bundle_folder,
    can_restore,
    empty_trash,
    list_models,
    restore_deleted,
)
from lstm_core.runs import Run, continue_run, delete_run, rename_run
from lstm_core.runs.keras_code import keras_code
from lstm_core.training.settings import Recipe
from pages.parts.common.link import linked_names, linked_value
from pages.parts.common.page import choose_model, chosen_model
from pages.parts.common.permission_gate import visitor
from pages.parts.components.callbacks import value_of
from pages.parts.train.common import (
    DATA,
    DELETED,
    EXAMPLE_SAYS,
    RUN,
    TROUBLE,
    control_refusal,
    draw_error,
    go_to,
    loss_of,
    no_run_yet,
    share,
    short_time,
    shown_runs,
    state_words,
)
from pages.parts.train.comparison import draw_comparison, figure_of, validation_of
from pages.parts.train.control_panel import run_action

VALIDATED = (
    "Validation figures are those after the last epoch, or after the epoch that was kept as the "
    "best. "
)
UNDO_TIME = short_time(TRASH_SECONDS)


def draw_runs() -> None:
    """The table first, then one run and what to do with it, then some over each other."""
    draw_error()
    _draw_deleted()
    runs = shown_runs()
    names = [run.name for run in runs]
    brought = [model.name for model in list_models() if model.name not in names]
    if not runs and not brought:
        st.info(no_run_yet())
        return
    if runs:
        _draw_table(runs)
    _draw_one(runs, brought)
    if runs:
        draw_comparison(runs)


def _draw_table(runs: Sequence[Run]) -> None:
    rows = [
        {
            "Run": run.name,
            "State": _state_of(run),
            "Data": DATA[run.request.data.kind],
            "Recipe": str(run.request.settings.recipe),
            "Vocabulary": run.request.settings.num_words,
            "Length": run.request.settings.maxlen,
            "Units": run.request.settings.lstm_dim,
            "Seed": run.request.settings.seed,
            "Validation": share(validation_of(run)),
            "Test accuracy": share(figure_of(run, "accuracy")),
            "Test loss": loss_of(figure_of(run, "loss")),
            "Whole review": share(figure_of(run, "accuracy", "whole")),
            "Made": run.made.partition("T")[0],
        }
        for run in runs
    ]
    used = [name for name in rows[0] if any(row[name] != "" for row in rows)]
    st.dataframe([{name: row[name] for name in used} for row in rows], hide_index=True)
    validated = "Validation" in used
    st.caption(
        f"Accuracy on {'the validation part and on ' if validated else ''}the test reviews of the "
        "run's own data, with the first words read and the whole review. "
        f"{VALIDATED if validated else ''}Click a heading to sort."
    )


def _state_of(run: Run) -> str:
    if run.is_example:
        return "example"
    if run.step == run.steps:
        return str(run.status)
    return f"{run.status} at {run.step:,} of {run.steps:,}" if run.steps else str(run.status)


def _draw_one(runs: Sequence[Run], brought: Sequence[str]) -> None:
    """One run, or a model that was brought, and what can be done with it."""
    names = [run.name for run in runs] + list(brought)
    linked_value(RUN, names[0], linked_names(names))
    name = st.selectbox("Run or model", names, key=RUN, persist_state="session")
    if name not in names:
        return
    run = next((run for run in runs if run.name == name), None)
    if run is None:
        st.caption(f"“{name}” was imported: it has a model but no training history.")
    else:
        what = f"example run, {EXAMPLE_SAYS}" if run.is_example else f"{state_words(run)}."
        st.caption(f"“{name}”: {what} {run.message}")
    with st.container(horizontal=True):
        if run is not None and run.is_example:
            _draw_run_buttons(run)
            return
        if run is None or run.has_bundle:
            _draw_model_buttons(name)
        if run is not None:
            _draw_run_buttons(run)
        _draw_rename(name, run)
        _draw_delete(name, run)


def _draw_model_buttons(name: str) -> None:
    if chosen_model() == name:
        st.button("In use", key="used", disabled=True)
    else:
        st.button("Use this model", key="use", on_click=choose_model, args=(name,))
    st.download_button(
        "Download the model (zip)",
        data=lambda: bundle_zip(bundle_folder(name)),
        file_name=f"{name}.zip",
        mime="application/zip",
        on_click="ignore",
        key="zip",
    )


def _draw_code(run: Run) -> None:
    """The run as a script with Keras' `fit`, in a popover."""
    with st.popover("Show Keras code"):
        st.code(keras_code(run), language="python")
        st.caption(
            "Runs by itself where LSTM Lens is installed. Its figures agree with the run's within "
            "the noise of the seed."
            if run.request.settings.recipe is Recipe.ARTICLE
            else "Runs by itself where LSTM Lens is installed."
        )


def _draw_run_buttons(run: Run) -> None:
    _draw_code(run)
    st.button("Open", key="watch", on_click=go_to, args=("progress", run.name))
    if run.can_continue:
        refusal = control_refusal(run.name, "train")
        st.button(
            "Resume",
            key="continue",
            on_click=_go_on,
            args=(run.name,),
            disabled=refusal is not None,
            help=refusal,
        )


def _go_on(name: str) -> None:
    run_action(continue_run, name)
    if TROUBLE not in st.session_state:
        go_to("progress", name)


def _draw_rename(name: str, run: Run | None) -> None:
    refusal = control_refusal(name, "train") or ("Stop it first." if run and run.alive else None)
    with _popover("Rename", name, refusal):
        st.text_input("New name", name, key=f"new_name_{name}", max_chars=80)
        st.button("Rename it", key="rename", on_click=_rename, args=(name,))


def _popover(label: str, name: str, refusal: str | None) -> DeltaGenerator:
    """A popover of one run: it closes when another run is looked at."""
    key = _popover_key(label, name)
    return st.popover(label, key=key, disabled=refusal is not None, help=refusal, on_change="rerun")


def _popover_key(label: str, name: str) -> str:
    return f"{label.lower()}_popover_{name}"


def _rename(name: str) -> None:
    new = str(value_of(f"new_name_{name}", "")).strip()
    try:
        rename_run(name, new, visitor())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
        return
    st.session_state[_popover_key("Rename", name)] = False
    st.session_state[RUN] = new
    if chosen_model() == name:
        choose_model(new)


def _draw_delete(name: str, run: Run | None) -> None:
    refusal = control_refusal(name, "delete") or ("Stop it first." if run and run.alive else None)
    with _popover("Delete", name, refusal):
        st.markdown(
            f"**“{name}” is deleted** with its model, snapshots and checkpoints. Pages that show "
            f"its model go back to the shipped one. It can be restored for {UNDO_TIME}."
        )
        st.button("Delete it", key=f"delete_{name}", on_click=_delete, args=(name,))


def _delete(name: str) -> None:
    try:
        delete_run(name, visitor())
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
        return
    st.session_state[_popover_key("Delete", name)] = False
    st.session_state[DELETED] = (*value_of(DELETED, ()), (name, chosen_model() == name))
    st.session_state.pop(RUN, None)
    if chosen_model() == name:
        choose_model(None)


def _draw_deleted() -> None:
    """What this visitor has deleted and can still restore."""
    empty_trash()
    for name, used in value_of(DELETED, ()):
        if can_restore(name):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.success(f"“{name}” was deleted. It can be restored for {UNDO_TIME}.")
                st.button("Undo", key=f"restore_{name}", on_click=_restore, args=(name, used))


def _restore(name: str, used: bool) -> None:
    try:
        visitor().require("delete")
        restore_deleted(name)
    except LstmLensError as error:
        st.session_state[TROUBLE] = str(error)
        return
    st.session_state[DELETED] = tuple(one for one in value_of(DELETED, ()) if one[0] != name)
    st.session_state[RUN] = name
    if used:
        choose_model(name)
