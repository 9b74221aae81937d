"""All runs: a table, curves over each other, differences, and what one can do with a run."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lstm_core.analysis.formatting import fixed_percent
from lstm_core.errors import LstmLensError
from lstm_core.figures.training import curves_figure
from lstm_core.model.bundle_zip import bundle_zip
from lstm_core.model.card import MetricValue
from lstm_core.model.registry import (
    TRASH_SECONDS,
    bundle_folder,
    can_restore,
    empty_trash,
    list_models,
    restore_deleted,
)
from lstm_core.runs import Run, continue_run, delete_run, list_runs, rename_run
from pages.parts.common.figures import QUIET
from pages.parts.common.html_table import draw_table
from pages.parts.common.link import linked_names, linked_value
from pages.parts.common.page import choose_model, chosen_model
from pages.parts.common.permission_gate import visitor
from pages.parts.components.callbacks import value_of
from pages.parts.components.chart import draw_chart
from pages.parts.train.common import (
    DATA,
    RUN,
    SAYS,
    TROUBLE,
    control_refusal,
    draw_error,
    go_to,
    no_run_yet,
    run_curve,
    short_time,
)
from pages.parts.train.progress import run_action, validation_share

MOST_CURVES = 6
COMPARED = "runs"
DELETED = "deleted_runs"  # session key: names, and whether all pages used its model
UNDO_TIME = short_time(TRASH_SECONDS)


def draw_runs() -> None:
    """The table first, then one run and what to do with it, then some over each other."""
    draw_error()
    _draw_deleted()
    runs = list_runs()
    names = [run.name for run in runs]
    brought = [model.name for model in list_models() if model.name not in names]
    if not runs and not brought:
        st.info(no_run_yet())
        return
    if runs:
        _draw_table(runs)
    _draw_one(runs, brought)
    if runs:
        _draw_comparison(runs)


def _draw_table(runs: Sequence[Run]) -> None:
    rows = [
        {
            "Run": run.name,
            "State": str(run.status),
            "Data": DATA[run.request.data.kind],
            "Recipe": str(run.request.settings.recipe),
            "Vocabulary": run.request.settings.num_words,
            "Length": run.request.settings.maxlen,
            "Units": run.request.settings.lstm_dim,
            "Seed": run.request.settings.seed,
            "Steps": f"{run.step:,} of {run.steps:,}",
            "Validation": _share(_validation(run)),
            "Test, first words": _share(_accuracy(run.figures, "first")),
            "Test, whole": _share(_accuracy(run.figures, "whole")),
            "Trained": short_time(run.seconds) if run.seconds else "",
            "Made": run.made.replace("T", " ").removesuffix("Z"),
        }
        for run in runs
    ]
    st.dataframe(rows, hide_index=True)
    st.caption(
        "Accuracy on the validation part after the last epoch, and on the test reviews of the "
        "run's own data. Click a heading to sort."
    )


def _share(value: float | None) -> str:
    return "" if value is None else fixed_percent(value)


def _validation(run: Run) -> float | None:
    return run.points[-1].validation_accuracy if run.points else None


def _accuracy(figures: Sequence[MetricValue], reading: str) -> float | None:
    found = [f.value for f in figures if (f.name, f.reading) == ("accuracy", reading)]
    return found[0] if found else None


def _draw_comparison(runs: Sequence[Run]) -> None:
    names = [run.name for run in runs]
    chosen = st.multiselect(
        "Compare runs",
        names,
        names[:2],
        key=COMPARED,
        bind="query-params",
        max_selections=MOST_CURVES,
    )
    compared = [run for run in runs if run.name in chosen]
    curves = [curve for run in compared if len((curve := run_curve(run)).loss)]
    if curves:
        st.subheader(_finding(compared), anchor=False)
        longest = max(run.epochs for run in compared)
        figure = curves_figure(curves, longest)
        draw_chart(figure, key="compared", config=QUIET, alt=_finding(compared))
        st.caption(
            "Lines: training batches. Points: validation split. Runs on other data, or with "
            "another "
            "validation split, are not comparable."
        )
    if len(compared) > 1:
        _draw_differences(compared)


def _finding(runs: Sequence[Run]) -> str:
    """Which of the compared runs has the highest validation accuracy; only on the same data."""
    if len({_data_of(run) for run in runs}) > 1:
        return "Different data or validation splits: accuracies are not comparable"
    measured = [(value, run.name) for run in runs if (value := _validation(run)) is not None]
    if not measured:
        return "Loss and accuracy over the epochs"
    best, name = max(measured)
    if len(runs) == 1:
        return f"“{name}”: validation accuracy {fixed_percent(best)} after its last epoch"
    best_run = next(run for run in runs if run.name == name)
    share = validation_share(best_run, best)
    second = max(value for value, other in measured if other != name) if measured[1:] else 0.0
    if best_run.validation_reviews and second >= best_run.validation_interval(best).low:
        return f"No clear difference in validation accuracy: “{name}” {share} is highest"
    return f"“{name}” has the highest validation accuracy after its last epoch: {share}"


def _data_of(run: Run) -> tuple[object, ...]:
    """What must be equal so that validation figures of runs may be compared."""
    request = run.request
    data = request.data
    return (data.kind, data.path, request.review_limit, request.validation_share)


def _draw_differences(runs: Sequence[Run]) -> None:
    """Settings side by side; those that differ come first and are marked."""
    facts = [_facts(run) for run in runs]
    rows = []
    for name in facts[0]:
        values = [fact[name] for fact in facts]
        differs = len(set(values)) > 1
        rows.append((not differs, (f"{name} (differs)" if differs else name, *values)))
    rows.sort(key=lambda row: row[0])
    if all(same for same, _ in rows):
        st.caption("These runs have the same settings: they end with the same weights.")
    draw_table(["", *(run.name for run in runs)], [row for _, row in rows], "Settings compared")


def _facts(run: Run) -> dict[str, str]:
    request, settings = run.request, run.request.settings
    data, own = request.data, bool(settings.unused)
    return {
        "Data": DATA[data.kind] + (f" {data.path.rsplit('/', 1)[-1]}" if data.path else ""),
        "Recipe": str(settings.recipe),
        "Vocabulary size": f"{settings.num_words:,}",
        "Sequence length": f"{settings.maxlen:,}",
        "Embedding size": f"{settings.embedding_dim:,}",
        "LSTM units": f"{settings.lstm_dim:,}",
        "Batch size": "the recipe's own" if own else f"{settings.batch_size:,}",
        "Epochs": "the recipe's own" if own else f"{settings.epochs:,}",
        "Seed": str(settings.seed),
        "Validation split": fixed_percent(request.validation_share, 0),
        "Reviews": f"{request.review_limit:,} at most" if request.review_limit else "all",
    }


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
        st.caption(f"“{name}”: {SAYS[run.status]}. {run.message}")
    with st.container(horizontal=True):
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


def _draw_run_buttons(run: Run) -> None:
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
