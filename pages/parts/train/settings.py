"""The settings of a new training: presets, fields, and what is allowed beside each of them."""

import streamlit as st

from lstm_core.runs import parameters_of
from lstm_core.training.presets import PRESETS, memory_mib, validate_field
from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.settings import OWN_OF_RECOMMENDED, Recipe, TrainSettings
from pages.parts.common.escape import escape_markdown

FIELDS = {
    "num_words": "Word ids",
    "maxlen": "Places a review",
    "embedding_dim": "Numbers a word",
    "lstm_dim": "Units",
    "batch_size": "Reviews a step",
    "epochs": "Epochs",
    "seed": "Seed",
}
MEANINGS = {
    "num_words": "num_words: the most frequent words get an id of their own, all others are 2.",
    "maxlen": "maxlen: of a longer review the first places are read, a shorter one gets zeros.",
    "embedding_dim": "embedding_dim: how many numbers stand for a word.",
    "lstm_dim": "lstm_dim: how many components the cell state and the hidden state have.",
    "batch_size": "batch_size: after so many reviews the weights move once.",
    "epochs": "epochs: how often every training review is read.",
    "seed": "Everything random comes from it: the same seed gives the same model.",
}
RECIPES = {Recipe.ARTICLE: "the article's", Recipe.RECOMMENDED: "recommended"}
ARTICLE = TrainSettings()
MUCH_MEMORY = 2_000  # MiB


def choose_settings() -> TrainSettings | None:
    """Draw the settings; None while one of them is impossible, which is said beside it."""
    with st.container(horizontal=True):
        for number, preset in enumerate(PRESETS):
            st.button(
                preset.name,
                help=preset.says,
                key=f"preset_{number}",
                on_click=_take,
                args=(preset.settings,),
            )
    recipe = Recipe(
        st.segmented_control(
            "Recipe",
            list(Recipe),
            format_func=RECIPES.__getitem__,
            default=Recipe.ARTICLE,
            required=True,
            key="recipe",
            bind="query-params",
        )
        or Recipe.ARTICLE
    )
    names = [n for n in FIELDS if recipe is Recipe.ARTICLE or n not in OWN_OF_RECOMMENDED]
    fine = _draw_fields(names)
    if fine is None:
        return None
    settings = TrainSettings(recipe=recipe, **fine)
    st.caption(_costs(settings))
    return settings


def _draw_fields(names: list[str]) -> dict[str, int] | None:
    values: dict[str, int] = {}
    wrong = False
    for row in (names[:4], names[4:]):
        for column, name in zip(st.columns(4), row, strict=False):
            with column:
                value = st.number_input(
                    FIELDS[name],
                    value=getattr(ARTICLE, name),
                    step=1,
                    key=f"train_{name}",
                    bind="query-params",
                    help=MEANINGS[name],
                )
                if trouble := validate_field(name, value):
                    st.error(escape_markdown(trouble))
                    wrong = True
                values[name] = int(value)
    return None if wrong else values


def _costs(settings: TrainSettings) -> str:
    """Parameters, memory and, for the recommended recipe, its own numbers."""
    parameters = parameters_of(settings)
    memory = memory_mib(settings, parameters)
    parts = [
        f"**{parameters:,} parameters**, about {memory:,.0f} MiB for weights "
        "and states while training, with TensorFlow some 600 MiB more."
    ]
    if memory > MUCH_MEMORY:
        parts.append("**That is a great deal of memory:** choose smaller numbers if in doubt.")
    if settings.recipe is Recipe.RECOMMENDED:
        own = RecommendedSettings()
        parts.append(
            f"The recommended recipe has a batch and a length of its own, so there are no fields "
            f"for them: {own.steps:,} steps of {own.batch_size} windows, fewer on a small data set."
        )
    return " ".join(parts)


def _take(settings: TrainSettings) -> None:
    """Put a preset into the fields."""
    st.session_state["recipe"] = settings.recipe
    for name in FIELDS:
        st.session_state[f"train_{name}"] = getattr(settings, name)
