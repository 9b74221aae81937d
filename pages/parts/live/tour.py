"""The guided tour of the review on Live: eight steps, its number kept in the link."""

import streamlit as st

from lstm_core.analysis.review_tour import STEPS, ReviewStep, tour_step
from lstm_core.model.sentiment_model import SentimentModel
from lstm_core.recurrent.trace import Trace
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_value, whole_number

TOUR, _ANSWER = "tour", "tour_answer"  # session keys: step (0: no tour), step whose answer is shown


def go_to_step(step: int) -> None:
    """Open a step of the tour, 0 to leave it; for a callback."""
    st.session_state[TOUR] = step


def draw_tour(model: SentimentModel, trace: Trace) -> ReviewStep | None:
    """Draw the step of the tour; what it marks, None while there is no tour."""
    number = linked_value(TOUR, 0, whole_number(0, STEPS))
    if not number:
        return None
    with st.container(key="live-tour", border=True):
        if not trace.encoding.read_count:
            st.markdown("**Tour** Type a review first: the tour follows its words.")
            st.button("Exit", key="tour_exit", on_click=go_to_step, args=(0,))
            return None
        step = tour_step(trace, number, lambda text: float(model.predict([text])[0]))
        shown = st.session_state.get(_ANSWER) == number
        answer = f"  \n{escape_markdown(step.answer)}" if shown else ""
        st.markdown(f"**{number} of {STEPS}: {step.title}.** {step.question}{answer}")
        with st.container(key="live-tour-buttons", horizontal=True):
            st.button(
                "Back",
                key="tour_back",
                on_click=go_to_step,
                args=(number - 1,),
                disabled=number == 1,
            )
            if shown:
                last = number == STEPS
                st.button(
                    "Finish" if last else "Next",
                    key="tour_next",
                    type="primary",
                    on_click=go_to_step,
                    args=(0 if last else number + 1,),
                )
            else:
                st.button(
                    "Show the answer",
                    key="tour_answer_button",
                    type="primary",
                    on_click=_show_answer,
                    args=(number,),
                )
            if shown and number == STEPS:
                st.page_link("pages/lesson.py", label="Next: the Lesson")
            else:
                st.button("Exit", key="tour_exit", on_click=go_to_step, args=(0,))
    return step if shown else None


def _show_answer(number: int) -> None:
    st.session_state[_ANSWER] = number
