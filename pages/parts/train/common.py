"""What the views of the training page share: the views, the chosen run, words about a run."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import NBSP, fixed_percent, number
from lstm_core.errors import LstmLensError
from lstm_core.figures.parts import Parts
from lstm_core.figures.training import RunCurve, curves_figure
from lstm_core.model.registry import LONGEST_NAME
from lstm_core.runs import (
    DataKind,
    EpochPoint,
    Run,
    Status,
    example_run,
    list_runs,
    read_curve,
    read_run,
    running_run,
)
from lstm_core.runs.control import may_control
from lstm_core.training.settings import Recipe
from pages.parts.common.escape import escape_markdown
from pages.parts.common.figures import QUIET, draw_shared
from pages.parts.common.link import linked_choice, linked_names, linked_value
from pages.parts.common.permission_gate import allowed, visitor
from pages.parts.components.chart import draw_chart

VIEWS = {
    "new": "New run",
    "progress": "Progress",
    "runs": "Runs",
    "replay": "Replay",
    "diagnostics": "Diagnostics",
    "import": "Import",
}
OLD_VIEWS = {  # labels and keys of older links
    "New": "new",
    "Now": "progress",
    "Film": "replay",
    "Inside": "diagnostics",
    "Bring": "import",
}
EXAMPLE_SAYS = "the training of the shipped model, to look at. It cannot be changed."
VIEW, RUN = "train_view", "run"  # session keys; "run" also names the parameter of the link
DELETED = "deleted_runs"  # session key: names, and whether all pages used its model
GONE = "gone_run"  # session key: the run that was looked at or linked and is not here any more
NEXT = "train_next"  # session key: where the next drawing goes
TROUBLE = "train_trouble"  # session key: a sentence for the next drawing of the page
DATA = {DataKind.SMALL: "small corpus", DataKind.IMDB: "IMDb", DataKind.PATH: "own file"}
SAYS = {
    Status.PREPARING: "preparing",
    Status.RUNNING: "training",
    Status.PAUSED: "paused",
    Status.SAVING: "saving",
    Status.STOPPED: "stopped and saved",
    Status.INTERRUPTED: "interrupted",
    Status.FINISHED: "finished",
    Status.FAILED: "failed",
    Status.QUEUED: "waiting",
}
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def choose_view() -> str:
    """Which question the page answers; where a training runs it opens on that."""
    if place := st.session_state.pop(NEXT, None):
        go_to(*place)
    start = "progress" if running_run() else "new"
    return linked_choice(
        st.segmented_control,
        "View",
        VIEWS,
        key=VIEW,
        parameter="view",
        old=("show",),
        aliases=OLD_VIEWS,
        default=st.session_state.setdefault("train_start", start),
        label_visibility="collapsed",
        wrap=True,
    )


def choose_run() -> Run | None:
    """Which run is looked at: the one in the link, else the one that trains, else the newest."""
    runs = shown_runs()
    names = [run.name for run in runs]
    if not names:
        st.info(no_run_yet())
        return None
    wanted = st.session_state.get(RUN) or st.query_params.get(RUN)
    if wanted is not None and wanted not in names and wanted not in deleted_here():
        st.session_state[GONE] = wanted
    if (gone := st.session_state.get(GONE)) and gone not in names:
        name = escape_markdown(str(gone), LONGEST_NAME)
        st.warning(f"The run “{name}” is not here (any more). You see another one.")
    at = names.index(running) if (running := running_run()) in names else 0
    linked_value(RUN, names[at], linked_names(names))
    name = st.selectbox("Run", names, key=RUN, persist_state="session", on_change=_forget_gone)
    if running in names and running != name:
        draw_under_way(running)
    chosen = next((run for run in runs if run.name == name), runs[at])
    if chosen.is_example:
        st.caption(f"**Example run:** {EXAMPLE_SAYS} {no_run_yet() if len(runs) == 1 else ''}")
    return chosen


def _forget_gone() -> None:
    st.session_state.pop(GONE, None)


def deleted_here() -> tuple[str, ...]:
    """The runs that this visitor has deleted."""
    return tuple(name for name, _ in st.session_state.get(DELETED, ()))


def shown_runs() -> tuple[Run, ...]:
    """The runs of this machine, the newest first, and the example run at the end."""
    example = example_run()
    return (*list_runs(), *([example] if example else ()))


def no_run_yet() -> str:
    """What to do where there is nothing to look at, as far as this visitor may do it."""
    ways = []
    if allowed().train:
        ways.append("Start one under “New run”")
    if allowed().upload:
        ways.append("import a model under “Import”" if ways else "Import a model under “Import”")
    if ways:
        return f"There is no run of your own yet. {', or '.join(ways)}."
    return (
        "There is no run of your own yet, and visitors of this server begin none. The other pages "
        "show the shipped model; who runs the server can train one, and it will stand here."
    )


def control_refusal(name: str, action: str) -> str | None:
    """Why this visitor may not change a run, None when they may."""
    if is_example(name):
        return "The example run cannot be changed."
    asking = visitor()
    if sentence := asking.permissions.refusal(action):
        return sentence
    return None if may_control(name, asking) else "Another visitor started this run."


def is_example(name: str) -> bool:
    """Whether it is the run that ships with LSTM Lens."""
    example = example_run()
    return example is not None and example.name == name


def draw_under_way(running: str | None) -> None:
    """Name the training under way, with a way to it."""
    if running is None:
        return
    st.info(
        f"The run “{running}” is training. One run trains at a time on this machine; others wait."
    )
    st.button("Open run", key="see", on_click=go_to, args=("progress", running))


def current_run(name: str) -> Run:
    """The run as it stands now; the page is drawn again when it is gone."""
    try:
        return read_run(name)
    except LstmLensError:
        st.rerun()


def go_to(view: str, run: str | None = None) -> None:
    """Open a view at the next drawing, for a callback."""
    st.session_state[VIEW] = view
    if run is not None:
        st.session_state[RUN] = run


def go_to_next(view: str, run: str) -> None:
    """The same in the middle of a drawing, whose widgets cannot be changed any more."""
    st.session_state[NEXT] = (view, run)


def draw_error() -> None:
    """What went wrong in a callback, once."""
    if trouble := st.session_state.pop(TROUBLE, None):
        st.error(escape_markdown(trouble))


def run_curve(run: Run, *, test: bool = False) -> RunCurve:
    """A run as a line to draw, in epochs; its points are the validation or the test reviews."""
    ends, curve = read_curve(run.name).thinned()
    scale = run.epochs / run.steps if run.steps else 0.0
    points = [
        (point.step, *_measured(point, test))
        for point in run.points
        if _measured(point, test)[0] is not None
    ]
    return RunCurve(
        name=run.name,
        epochs=np.asarray(ends * scale, np.float32),
        loss=curve.losses,
        accuracy=curve.accuracies,
        measured_at=np.array([step * scale for step, _, _ in points], np.float32),
        measured_loss=np.array([loss for _, loss, _ in points], np.float32),
        measured_accuracy=np.array([share for _, _, share in points], np.float32),
        measured_on="test" if test else "validation",
    )


def draw_curves(runs: Sequence[Run], *, key: str, alt: str, test: bool = False) -> None:
    """Draw runs over each other; of runs that have ended the chart is made once for all visitors.

    Args:
        runs: Runs, some of which may still train.
        key: The chart's key on its page.
        alt: What it shows, in words.
        test: Whether the points are the test reviews.
    """
    epochs = max(run.epochs for run in runs)

    def make() -> Parts:
        return curves_figure([run_curve(run, test=test) for run in runs], epochs)

    if any(run.alive for run in runs):
        draw_chart(make(), key=key, config=QUIET, alt=alt)
        return
    of = tuple((run.name, run.made, run.step, len(run.points)) for run in runs)
    draw_shared(make, key=key, alt=alt, of=(*of, test))


def _measured(point: EpochPoint, test: bool) -> tuple[float | None, float | None]:
    if test:
        return point.test_loss, point.test_accuracy
    return point.validation_loss, point.validation_accuracy


def short_time(seconds: float) -> str:
    """A stretch of time in its two largest units: "2 min 5 s"."""
    left, parts = int(max(seconds, 0)), list[str]()
    for size, name in UNITS:
        if left >= size or (size == 1 and not parts):
            parts.append(f"{left // size} {name}")
            left %= size
        elif parts:
            break
    return " ".join(parts[:2])


def state_words(run: Run) -> str:
    """The run's state; one that was stopped before its first step saved nothing."""
    if run.status is Status.STOPPED and not run.has_bundle:
        return "stopped"
    return SAYS[run.status]


def recipe_words(run: Run) -> str:
    """What kind of training it is, in a few words."""
    settings = run.request.settings
    recipe = "The article's recipe" if settings.recipe is Recipe.ARTICLE else "Recommended recipe"
    return f"{recipe} on {DATA[run.request.data.kind]}, seed {settings.seed}"


def share(value: float | None) -> str:
    """A share in per cent, nothing where there is none."""
    return "" if value is None else fixed_percent(value)


def loss_of(value: float | None) -> str:
    """A loss with four decimals, nothing where there is none."""
    return "" if value is None else number(value, 4)


def validation_share(run: Run, accuracy: float) -> str:
    """A validation accuracy with its 95 % interval, where the number of reviews is known."""
    if not run.validation_reviews:
        return fixed_percent(accuracy)
    found = run.validation_interval(accuracy)
    low, high = fixed_percent(found.low), fixed_percent(found.high)
    reviews = plural(run.validation_reviews, "review")
    return f"{fixed_percent(accuracy)} (95{NBSP}% interval {low} to {high}, {reviews})"
