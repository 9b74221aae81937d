"""Epochs of a run as `fit` prints them, and the choice of one whose weights become the model."""

import streamlit as st

from lstm_core.analysis.captions import plural
from lstm_core.analysis.formatting import fixed_percent, number
from lstm_core.errors import LstmLensError
from lstm_core.runs import Keep, Run
from lstm_core.runs.epochs import (
    best_epoch,
    better_epoch,
    epoch_model,
    kept_epochs,
    model_epoch,
)
from lstm_core.runs.folder import folder_of
from lstm_core.runs.schema import EpochPoint
from pages.parts.common.page import choose_model
from pages.parts.common.permission_gate import visitor
from pages.parts.train.common import TROUBLE, control_refusal, loss_of, share, validation_share

CHOSEN = "epoch_chosen"  # session key


def draw_epochs(run: Run) -> None:
    """The table, and below it the epoch to use."""
    if not run.points:
        return
    st.subheader(finding(run), anchor=False)
    kept = {one.epoch for one in kept_epochs(folder_of(run.name))}
    best = best_epoch(run.points)
    rows = [
        {
            "epoch": point.epoch,
            "loss": number(point.loss, 4),
            "accuracy": fixed_percent(point.accuracy),
            "val_loss": loss_of(point.validation_loss),
            "val_accuracy": share(point.validation_accuracy),
            "test score": loss_of(point.test_loss),
            "test accuracy": share(point.test_accuracy),
            "weights": _weights(run, point.epoch, kept, best.epoch if best else None),
        }
        for point in run.points
    ]
    used = [name for name in rows[0] if any(row[name] for row in rows)]
    rows = [{name: row[name] for name in used} for row in rows]
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 390))
    st.caption(
        "Columns as `fit` prints them. Test score and test accuracy, where measured, are the "
        "article's, on the first words of the test reviews; nothing is chosen by them."
    )
    others = sorted(kept - {model_epoch(run)})
    if others:
        _draw_choice(run, others, best.epoch if best else others[-1])


def finding(run: Run) -> str:
    best = best_epoch(run.points)
    if best is None or best.validation_loss is None:
        return f"{len(run.points):,} of {plural(run.epochs, 'epoch')}"
    loss = number(best.validation_loss, 4)
    lowest = f"Lowest validation loss after epoch {best.epoch}: {loss}"
    if not run.alive and not run.bundle_is_current:
        return lowest
    which = "these" if run.request.keep is Keep.BEST else "the last"
    return f"{lowest}; the model {'will have' if run.alive else 'has'} {which} weights"


def _weights(run: Run, epoch: int, kept: set[int], best: int | None) -> str:
    says = (
        ("model", epoch == model_epoch(run)),
        ("kept", epoch in kept),
        ("lowest val_loss", epoch == best),
    )
    return ", ".join(name for name, holds in says if holds)


def _draw_choice(run: Run, kept: list[int], start: int) -> None:
    """Weights beside those of the run's model, folded unless they are needed or clearly better."""
    key, used, better = f"{CHOSEN}_{run.name}", model_epoch(run), better_epoch(run)
    if st.session_state.get(key) not in kept:
        st.session_state[key] = start if start in kept else kept[-1]
    label = "Use the weights after an epoch" if used is None else "Use the weights of another epoch"
    with st.expander(label, expanded=used is None or better is not None):
        st.caption(which_weights(run, used, better))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox("Epoch", kept, key=key, width=120)
            draw_use(run, int(st.session_state[key]))


def which_weights(run: Run, used: int | None, better: EpochPoint | None) -> str:
    """What the weights of an epoch are for, and whether those of another one are better."""
    makes = "The button makes a model of the weights after the chosen epoch"
    if used is None and run.has_bundle:
        of = f"step {run.step:,}" if run.bundle_is_current else "when the run was last stopped"
        return f"{makes}. The model of this run has the weights of {of}."
    if used is None:
        return f"{makes}. The run itself has no model{' yet' if run.alive else ''}."
    own, best = f"The model of this run has the weights after epoch {used}", best_epoch(run.points)
    if best is None or best.validation_accuracy is None:
        own += "; without validation reviews no epoch is known to be better"
    elif better is not None:
        own += (
            f". After epoch {best.epoch} the validation accuracy is clearly higher: "
            f"{validation_share(run, best.validation_accuracy)}"
        )
    elif best.validation_loss in {one.validation_loss for one in run.points if one.epoch == used}:
        own += ", where the validation loss is lowest"  # there, or there as well
    else:
        own += (
            f". After epoch {best.epoch} the validation loss is lower, but the validation accuracy "
            f"is not clearly higher: {validation_share(run, best.validation_accuracy)}"
        )
    return f"{own}. {makes}, for example to see how predictions changed during training."


def draw_use(run: Run, epoch: int) -> None:
    """A button that makes the weights after an epoch the model of all pages."""
    refusal = control_refusal(run.name, "train")
    if st.button(
        f"Use the model after epoch {epoch}",
        key="use_epoch",
        disabled=refusal is not None,
        help=refusal,
    ):
        try:
            choose_model(epoch_model(run.name, epoch, visitor()))
        except LstmLensError as error:
            st.session_state[TROUBLE] = str(error)
        st.rerun()  # what stands above the page is outside of this fragment
