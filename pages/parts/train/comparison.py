"""Runs over each other: curves, differences of their settings, final values; on equal data only."""

from collections.abc import Sequence

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent
from lstm_core.runs import Run
from lstm_core.runs.epochs import model_epoch
from pages.parts.common.html_table import draw_table
from pages.parts.common.link import linked_choice
from pages.parts.train.common import DATA, draw_curves, loss_of, share, validation_share

MOST_CURVES = 6
COMPARED = "runs"
POINTS = {  # what the points of the curves are
    "validation": "Points: validation split.",
    "test": "Points: test loss and accuracy after each epoch, by which nothing is chosen.",
    "": "No loss was measured after the epochs on other reviews.",
}


def draw_comparison(runs: Sequence[Run]) -> None:
    """Choose runs; by default the newest two on the same data."""
    names = [run.name for run in runs]
    alike = [run.name for run in runs if data_of(run) == data_of(runs[0])]
    chosen = st.multiselect(
        "Compare runs",
        names,
        alike[:2],
        key=COMPARED,
        bind="query-params",
        max_selections=MOST_CURVES,
    )
    compared = [run for run in runs if run.name in chosen]
    if len({data_of(run) for run in compared}) > 1:
        st.info(
            "These runs learned from other data or keep other reviews apart, so their figures are "
            "not comparable. Choose runs on the same data."
        )
        return
    on = _choose_points(compared)
    if begun := [run for run in compared if run.step]:
        st.subheader(finding := _finding(compared), anchor=False)
        draw_curves(begun, key="compared", alt=finding, test=on == "test")
        st.caption(f"Lines: training batches. {POINTS[on]}")
    if line := split_line(compared):
        st.caption(line)
    if len(compared) > 1:
        _draw_differences(compared)
        _draw_final_values(compared)


def _choose_points(runs: Sequence[Run]) -> str:
    """On which reviews the points were measured; only a choice where both were."""
    points = [point for run in runs for point in run.points]
    both = {"validation": "validation reviews", "test": "test reviews"}
    measured = {
        name: label
        for name, label in both.items()
        if any(getattr(point, f"{name}_loss") is not None for point in points)
    }
    if len(measured) < 2:
        return next(iter(measured), "")
    return linked_choice(st.segmented_control, "Points", measured, key="compared_points")


def _draw_final_values(runs: Sequence[Run]) -> None:
    """The values of the runs' models side by side, the lowest loss and highest accuracy marked."""
    rows = []
    for label, best, form, values in (
        ("Validation loss", min, loss_of, [measured_of(run, "validation_loss") for run in runs]),
        ("Validation accuracy", max, share, [validation_of(run) for run in runs]),
        ("Test loss", min, loss_of, [figure_of(run, "loss") for run in runs]),
        ("Test accuracy", max, share, [figure_of(run, "accuracy") for run in runs]),
    ):
        if all(value is None for value in values):
            continue
        shown = [form(value) for value in values]
        known = [value for value in values if value is not None]
        mark = form(best(known)) if len({one for one in shown if one}) > 1 else None
        sign = " (lowest)" if best is min else " (highest)"
        rows.append((label, *(f"{one}{sign if one == mark else ''}" for one in shown)))
    if rows:
        draw_table(["", *(run.name for run in runs)], rows, "Final values")
    if any(row[0].startswith("Test") for row in rows):
        st.caption("Test figures are those of the models.")


def measured_of(run: Run, name: str) -> float | None:
    """A value measured after the epoch whose weights the model has, else after the last epoch."""
    if not run.points:
        return None
    epoch = model_epoch(run)
    point = next((one for one in run.points if one.epoch == epoch), run.points[-1])
    found: float | None = getattr(point, name)
    return found


def _finding(runs: Sequence[Run]) -> str:
    """Which of the compared runs, all on the same data, has the highest validation accuracy."""
    measured = [(value, run.name) for run in runs if (value := validation_of(run)) is not None]
    if not measured:
        return "Loss and accuracy over the epochs"
    best, name = max(measured)
    if len(measured) == 1 < len(runs):
        return f"Only “{name}” has a validation accuracy"
    if len(runs) == 1:
        return f"“{name}”: validation accuracy {validation_share(runs[0], best)}"
    best_run = next(run for run in runs if run.name == name)
    shown = validation_share(best_run, best)
    second = max(value for value, other in measured if other != name) if measured[1:] else 0.0
    if second == best:
        return f"The highest validation accuracy, {shown}, is that of several"
    if best_run.validation_reviews and second >= best_run.validation_interval(best).low:
        return f"No clear difference in validation accuracy: “{name}” {shown} is highest"
    return f"“{name}” has the highest validation accuracy: {shown}"


def data_of(run: Run) -> tuple[object, ...]:
    """What must be equal so that validation figures of runs may be compared."""
    request = run.request
    data = request.data
    return (data.kind, data.path, data.table, request.review_limit, request.validation_share)


def split_line(runs: Sequence[Run]) -> str:
    """That runs with different seeds hold out different validation reviews; else nothing."""
    held = {run.request.settings.seed for run in runs if run.request.validation_share}
    if len(held) < 2:
        return ""
    return (
        "The seed also draws the validation reviews: runs with different seeds are validated on "
        "different reviews."
    )


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
        st.caption("These runs have the same settings.")
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
        "Epoch kept": str(request.keep),
        "Patience": plural(request.patience, "epoch") if request.patience else "off",
        "Changed on the way": plural(len(run.settings_log), "time") if run.settings_log else "no",
        "Epochs": "the recipe's own" if own else f"{settings.epochs:,}",
        "Seed": str(settings.seed),
        "Validation split": fixed_percent(request.validation_share, 0),
        "Reviews": f"{request.review_limit:,} at most" if request.review_limit else "all",
    }


def validation_of(run: Run) -> float | None:
    """The validation accuracy, see `measured_of`."""
    return measured_of(run, "validation_accuracy")


def figure_of(run: Run, name: str, reading: str = "first") -> float | None:
    """A figure of the run's model on the test reviews."""
    found = [f.value for f in run.figures if (f.name, f.reading) == (name, reading)]
    return found[0] if found else None
