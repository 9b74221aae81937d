"""Hyperparameters of a new run: presets, fields, and the allowed range beside each of them."""

import streamlit as st

from lstm_core.runs import parameters_of
from lstm_core.training.presets import PRESETS, memory_mib, validate_field
from lstm_core.training.recommended.sampler import RecommendedSettings
from lstm_core.training.settings import OWN_OF_RECOMMENDED, Recipe, TrainSettings
from pages.parts.common.escape import escape_markdown
from pages.parts.common.link import linked_choice, linked_value, whole_number

FIELDS = {
    "num_words": "Vocabulary size `num_words`",
    "maxlen": "Sequence length `maxlen`",
    "embedding_dim": "Embedding size `embedding_dim`",
    "lstm_dim": "LSTM units `lstm_dim`",
    "batch_size": "Batch size `batch_size`",
    "epochs": "Epochs `epochs`",
    "seed": "Seed",
}
MEANINGS = {
    "num_words": "Number of word ids: the most frequent words get one each, all others are 2.",
    "maxlen": "Number of ids read per review: longer reviews are truncated, shorter ones padded.",
    "embedding_dim": "Dimension of the vector that stands for a word.",
    "lstm_dim": "Dimension of the cell state and the hidden state.",
    "batch_size": "Number of samples per gradient update.",
    "epochs": "Number of passes over the training reviews.",
    "seed": "Seed of all random numbers: the same seed gives the same model.",
}
RECIPES = {str(Recipe.ARTICLE): "the article's", str(Recipe.RECOMMENDED): "recommended"}
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
    recipe = Recipe(linked_choice(st.segmented_control, "Recipe", RECIPES, key="recipe"))
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
        for column, name in zip(st.columns(4, vertical_alignment="bottom"), row, strict=False):
            with column:
                key = f"train_{name}"
                start = linked_value(key, getattr(ARTICLE, name), whole_number(-(10**11), 10**11))
                value = st.number_input(
                    FIELDS[name],
                    value=None,
                    step=1,
                    key=key,
                    persist_state="session",
                    help=MEANINGS[name],
                )
                value = start if value is None else value
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
        parts.append("**That is a great deal of memory:** choose smaller sizes if in doubt.")
    if settings.recipe is Recipe.RECOMMENDED:
        own = RecommendedSettings()
        parts.append(
            f"The recommended recipe fixes batch size and length: {own.steps:,} steps of "
            f"{own.batch_size} windows, fewer on a small data set."
        )
    return " ".join(parts)


def _take(settings: TrainSettings) -> None:
    """Put a preset into the fields."""
    st.session_state["recipe"] = str(settings.recipe)
    for name in FIELDS:
        st.session_state[f"train_{name}"] = getattr(settings, name)
