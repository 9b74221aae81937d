"""Gate saturation: how often each gate of each unit is closed or open."""

from functools import partial

import streamlit as st

from lstm_core.activations.layers import IndexedLayer
from lstm_core.activations.saturation import saturation_finding, saturation_of
from lstm_core.activations.store import StateIndex
from lstm_core.figures.activations import saturation_figure
from pages.parts.common.figures import Drawn, config_of, draw_shared
from pages.parts.common.link import linked_choice
from pages.parts.units.choice import choose_unit, index_key

WORDS, ZEROS = "words", "padding"
POSITIONS = {WORDS: "words", ZEROS: "padding"}
NO_GATE = "A {kind} has no gate: its hidden state is all there is, so no gate can be saturated."
READ_GATES = {
    "LSTM": "A forget gate to the right remembers for long, one far up forgets at each word.",
    "GRU": "An update gate to the right remembers for long, one far up takes the candidate at each "
    "word; a reset gate far up makes the candidate from the word alone.",
}
OLD_POSITIONS = {"The words": WORDS, "The padding in front": ZEROS}


def draw_saturation(layer: IndexedLayer, index: StateIndex) -> list[Drawn]:
    """One square per gate of the cell, with one point per unit."""
    if not index.note.gates:
        st.info(NO_GATE.format(kind=index.note.kind))
        return []
    boxes = st.columns([1, 5], vertical_alignment="bottom")
    unit = choose_unit(layer, boxes[0])
    where = linked_choice(
        boxes[1].segmented_control,
        "Positions",
        POSITIONS,
        key="positions",
        old=("counted",),
        aliases=OLD_POSITIONS,
    )
    padding = where == ZEROS
    found = saturation_of(index, padding=padding)
    if not found.places:
        st.info("No padding is read here: no review is short enough, or the model masks it.")
        return []
    what = "zeros" if padding else "words"
    titles = [saturation_finding(found, gate, what) for gate in range(len(found.gates))]
    figures: list[Drawn] = []
    for gate, (box, title) in enumerate(zip(st.columns(len(titles)), titles, strict=True)):
        head, _, says = title.partition(": ")
        with box:
            st.markdown(f"**{head}**  \n{says[:1].upper()}{says[1:]}")
            config = config_of(f"saturation-{gate}")
            make, key = partial(saturation_figure, found, gate, unit), f"saturation_{gate}"
            of = (*index_key(index), padding, unit)
            figures.append(draw_shared(make, key=key, alt=title, of=of, config=config))
    st.caption(
        f"Each point is a unit: how often its gate is over 0.9 (to the right) and under 0.1 (up), "
        f"of {found.places:,} {what}. On the dotted line it would always be one or the other; near "
        f"the corner below left it is hardly ever saturated. Unit {unit} is marked. "
        f"{READ_GATES[index.note.kind]} After Karpathy, Johnson and Fei-Fei 2015, figure 2."
    )
    if not padding and not index.note.layer:
        st.caption(
            "The start token is not counted. The gates at the padding "
            "are the same in every review, so they are counted once for each review that has them."
        )
    return figures
