"""`trace_model` against Keras: outputs of layers, and gates and states of stepped cells."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers as kl

from lstm_core import trace_model
from lstm_core.recurrent.functions import FUNCTIONS, activation
from lstm_core.recurrent.layer_trace import BidirectionalTrace, LayerTrace
from tests.unit.keras_reference import difference

pytestmark = pytest.mark.keras
TOLERANCE = 1e-5
# Not drawn: functions that grow without bound, and one that jumps (rounding decides the side).
IN_CELLS = sorted(set(FUNCTIONS) - {"exponential", "log_softmax", "squareplus", "hard_shrink"})
RNG = np.random.default_rng(0)

Array = np.ndarray[Any, Any]


def randomised(model: Any, rng: np.random.Generator = RNG) -> Any:
    """The model with weights large enough that gates open and close."""
    for layer in model.layers:
        weights = [rng.normal(size=w.shape).astype("f4") * 0.5 for w in layer.get_weights()]
        if isinstance(layer, kl.BatchNormalization):
            weights[-1] = np.abs(weights[-1]) + 0.5
        layer.set_weights(weights)
    return model


def compare(model: Any, x: Any, names: list[str], tmp_path: Path | None = None) -> dict[str, float]:
    """Largest difference of outputs, and of gates and states, of each layer."""
    sources = [model]
    if tmp_path is not None:
        sources += [tmp_path / "m.keras", tmp_path / "m.h5"]
        for path in sources[1:]:
            model.save(path)
    found = {}
    for source in sources:
        traces = trace_model(source, x)
        assert sorted(traces) == sorted(names)
        assert not traces.unsupported
        for name in names:
            layer = model.get_layer(name)
            fed, output = keras.Model(model.inputs, [layer.input, layer.output])(
                x if isinstance(x, list) else [x]
            )
            fed = fed[0] if isinstance(fed, list | tuple) else fed  # without masks and states
            trace = traces[name]
            ours = trace.output if isinstance(trace.output, tuple) else [trace.output]
            theirs = output if isinstance(output, list | tuple) else [output]
            gap = max(gap_of(a, np.asarray(b)) for a, b in zip(ours, theirs, strict=False))
            mask = trace.mask
            if mask is not None and isinstance(trace, LayerTrace):
                mask = mask[:, np.argsort(trace.steps)]
            steps = difference(trace, layer, np.asarray(fed), mask)
            found[f"{source if source is not model else 'memory'} {name}"] = max(gap, steps)
    return found


def gap_of(ours: Array, theirs: Array) -> float:
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    return float(np.abs(ours - theirs).max() / max(1.0, np.abs(theirs).max()))


@dataclass(frozen=True)
class Plan:
    """A drawn model: how its input comes in, its recurrent layers, and what follows each."""

    seed: int
    size: int
    steps: int
    front: str
    layers: tuple[tuple[type, dict[str, Any], str | None], ...]
    between: tuple[str, ...]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Models of one to three recurrent layers."""
    count = draw(st.integers(1, 3))
    return Plan(
        seed=draw(st.integers(0, 99)),
        size=draw(st.integers(1, 3)),
        steps=draw(st.integers(1, 5)),
        front=draw(st.sampled_from(["ids", "masked ids", "floats", "masked floats"])),
        layers=tuple(draw(recurrent(last=number == count - 1)) for number in range(count)),
        between=tuple(draw(st.sampled_from(sorted(BETWEEN))) for _ in range(count)),
    )


@st.composite
def recurrent(draw: st.DrawFn, last: bool) -> tuple[type, dict[str, Any], str | None]:
    """Class and options of a recurrent layer, and how both directions are merged, if there are."""
    kind = draw(st.sampled_from([kl.LSTM, kl.GRU, kl.SimpleRNN]))
    options: dict[str, Any] = {
        "units": draw(st.integers(1, 4)),
        "activation": draw(st.sampled_from(["tanh", *IN_CELLS])),
        "use_bias": draw(st.booleans()),
        "go_backwards": draw(st.booleans()),
        "zero_output_for_mask": draw(st.booleans()),
        "return_sequences": not last or draw(st.booleans()),
        "dropout": draw(st.sampled_from([0, 0.2])),
    }
    if kind is not kl.SimpleRNN:
        options["recurrent_activation"] = draw(
            st.sampled_from(["sigmoid", "hard_sigmoid", "tanh", "softsign"])
        )
    if kind is kl.GRU:
        options["reset_after"] = draw(st.booleans())
    merge = draw(st.sampled_from([None, "concat", "sum", "mul", "ave"]))
    if merge is not None:
        options["go_backwards"] = False  # Keras refuses it
    return kind, options, merge


BETWEEN = {
    "none": lambda: [],
    "dropout": lambda: [kl.Dropout(0.5), kl.SpatialDropout1D(0.5)],
    "norm": lambda: [kl.LayerNormalization(), kl.BatchNormalization()],
    "dense": lambda: [kl.TimeDistributed(kl.Dense(2, activation="relu"))],
}


def built(plan: Plan) -> tuple[Any, Array, list[str]]:
    """The model of a plan, an input for it, and the names of its recurrent layers."""
    rng = np.random.default_rng(plan.seed)
    if "ids" in plan.front:
        x = rng.integers(0, 6, (plan.size, plan.steps))
        stack = [keras.Input((plan.steps,)), kl.Embedding(6, 3, mask_zero="masked" in plan.front)]
    else:
        x = rng.normal(size=(plan.size, plan.steps, 2)).astype("f4")
        x[rng.random(x.shape[:2]) < 0.3] = 0
        stack = [keras.Input((plan.steps, 2)), *([kl.Masking()] if "masked" in plan.front else [])]
    names = []
    for number, (kind, options, merge) in enumerate(plan.layers):
        layer = kind(**options)
        stack.append(layer if merge is None else kl.Bidirectional(layer, merge_mode=merge))
        names.append(stack[-1].name)
        if number + 1 < len(plan.layers):
            stack += BETWEEN[plan.between[number]]()
    return randomised(keras.Sequential(stack), rng), x, names


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # of one unit
@given(plans())
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_drawn_architectures_are_computed_as_in_keras(plan: Plan) -> None:
    model, x, names = built(plan)
    found = compare(model, x, names)
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_activations_are_those_of_keras(name: str) -> None:
    x = np.concatenate([np.linspace(-9, 9, 400), [-1, 0, 0.5, 1, 3]]).astype("f4").reshape(5, -1)
    theirs = np.asarray(keras.activations.get(name)(keras.ops.convert_to_tensor(x)))
    ours = activation(name)(x)
    assert np.abs(ours - theirs).max() / max(1, np.abs(theirs).max()) < 1e-6


@pytest.mark.parametrize(
    "layer",
    [kl.ReLU(6, 0.1, 0.5), kl.LeakyReLU(0.2), kl.ELU(0.7), kl.Softmax(), kl.ReLU()],
    ids=lambda layer: type(layer).__name__,
)
def test_activation_layers_inside_cells_and_between_layers(layer: Any) -> None:
    model = keras.Sequential(
        [keras.Input((4, 3)), layer, kl.LSTM(2, activation=kl.LeakyReLU(0.1), name="a")]
    )
    x = RNG.normal(size=(2, 4, 3)).astype("f4")
    assert max(compare(randomised(model), x, ["a"]).values()) < TOLERANCE


def functional() -> Any:
    """Shared tensors, initial states, states as outputs, masks by name, cells and stacked cells."""
    ids, start = keras.Input((5,)), keras.Input((4,))
    e = kl.Embedding(9, 3, mask_zero=True)(ids)
    y, h, c = kl.LSTM(4, return_sequences=True, return_state=True, name="a")(e)
    both = kl.Bidirectional(kl.LSTM(4, return_sequences=True, return_state=True), name="b")(y)
    last = kl.GRU(4, zero_output_for_mask=True, name="c")(both[0])
    cells = kl.RNN(kl.LSTMCell(3, activation="relu"), return_sequences=True, name="d")(
        kl.Masking()(y)
    )
    two = kl.Bidirectional(kl.GRU(2, return_sequences=True), merge_mode=None, name="e")(e)
    joined = kl.Concatenate()([*two, cells])
    pooled = kl.GlobalAveragePooling1D()(joined)
    summed = kl.SimpleRNN(2, name="f")(kl.Concatenate(axis=1)([two[0], two[1]]))
    merged = kl.Concatenate()([last, pooled, summed, kl.Dense(4)(start), h, c])
    return randomised(keras.Model([ids, start], kl.Dense(1)(merged) * 2 + 1))


def test_a_functional_model_from_memory_and_files(tmp_path: Path) -> None:
    x = [RNG.integers(0, 4, (3, 5)), RNG.normal(size=(3, 4)).astype("f4")]
    model = functional()
    names = [layer.name for layer in model.layers if layer.name in list("abcdef")]
    found = compare(model, x, names, tmp_path)
    assert max(found.values()) < TOLERANCE, found


@pytest.mark.parametrize("both", [False, True], ids=["one direction", "bidirectional"])
def test_initial_states_that_are_inputs_or_come_from_another_layer(
    both: bool, tmp_path: Path
) -> None:
    x, h, c = (
        keras.Input((4, 3), name="x"),
        keras.Input((2,), name="h"),
        keras.Input((2,), name="c"),
    )
    layer = kl.LSTM(2, return_sequences=True, name="a")
    layer = kl.Bidirectional(layer, name="a") if both else layer
    y = layer(x, initial_state=[h, c, c, h] if both else [h, c])
    last = kl.GRU(2, name="g")(kl.Dense(3)(y), initial_state=h)
    model = randomised(keras.Model([x, h, c], last))
    arrays = [RNG.normal(size=(2, *shape)).astype("f4") for shape in ((4, 3), (2,), (2,))]
    model.save(tmp_path / "m.keras")
    initial = [arrays[k] for k in ((1, 2, 2, 1) if both else (1, 2))]
    for source in (model, tmp_path / "m.keras"):
        traces = trace_model(source, dict(zip("xhc", arrays, strict=True)))
        assert difference(traces["a"], layer, arrays[0], initial=initial) < TOLERANCE
        theirs = np.asarray(model(arrays))
        assert gap_of(traces["g"].output, theirs) < TOLERANCE


@pytest.mark.parametrize("kind", [kl.LSTM, kl.GRU, kl.SimpleRNN])
def test_a_stateful_layer_begins_with_the_states_that_it_holds(kind: Any) -> None:
    inputs = keras.Input(batch_shape=(2, 3, 2))
    model = keras.Model(inputs, kind(3, stateful=True, return_sequences=True, name="a")(inputs))
    randomised(model)
    x = RNG.normal(size=(2, 3, 2)).astype("f4")
    for _ in range(3):
        ours = trace_model(model, x)["a"].output
        assert np.array_equal(ours, trace_model(model, x)["a"].output)  # a trace changes nothing
        assert gap_of(ours, np.asarray(model(x))) < TOLERANCE


def test_stacked_cells_inner_models_and_second_calls(tmp_path: Path) -> None:
    encoder = keras.Sequential(
        [
            keras.Input((6,)),
            kl.Embedding(9, 5, mask_zero=True),
            kl.RNN(kl.StackedRNNCells([kl.LSTMCell(3), kl.GRUCell(4)]), name="s"),
        ],
        name="encoder",
    )
    left, right = keras.Input((6,)), keras.Input((6,))
    model = keras.Model([left, right], kl.Subtract()([encoder(left), encoder(right)]))
    randomised(encoder)
    ids = RNG.integers(0, 5, (3, 6))
    for path in (None, tmp_path / "m.keras", tmp_path / "m.h5"):
        if path is not None:
            model.save(path)
        traces = trace_model(model if path is None else path, [ids, ids[::-1]])
        assert list(traces) == ["encoder/s", "encoder:1/s"]
        assert gap_of(traces["encoder/s"].output, np.asarray(encoder(ids))) < TOLERANCE
        assert gap_of(traces["encoder:1/s"].output, np.asarray(encoder(ids[::-1]))) < TOLERANCE


def test_convolution_pooling_and_reshaping_feed_a_recurrent_layer(tmp_path: Path) -> None:
    x = inputs = keras.Input((12, 3))
    x = kl.Conv1D(5, 3, padding="same", strides=2, activation="relu")(x)
    x = kl.Conv1D(4, 2, padding="causal", dilation_rate=2)(x)
    x = kl.MaxPooling1D(2, padding="same")(x)
    x = kl.AveragePooling1D(2, padding="same", strides=1)(x)
    x = kl.LSTM(4, name="a")(x)
    x = kl.RepeatVector(3)(x)
    x = kl.GRU(3, return_sequences=True, name="b")(x)
    x = kl.Permute((2, 1))(x)
    x = kl.SimpleRNN(2, name="c")(kl.Reshape((3, 3))(kl.Flatten()(x)))
    x = kl.LSTM(2, name="d")(kl.RepeatVector(2)(x)[:, ::-1])
    model = randomised(keras.Model(inputs, x))
    values = RNG.normal(size=(2, 12, 3)).astype("f4")
    found = compare(model, values, list("abcd"), tmp_path)
    assert max(found.values()) < TOLERANCE, found


class Doubled(kl.Layer):
    """A layer of the user's own."""

    def call(self, x: Any) -> Any:
        return 2 * x


def test_what_is_not_computed_is_reported_and_the_rest_is_returned(tmp_path: Path) -> None:
    ids = keras.Input((5,))
    e = kl.Embedding(9, 3)(ids)
    first = kl.LSTM(3, return_sequences=True, name="first")(e)
    own = kl.GRU(2, name="after_own")(Doubled(name="own")(first))
    code = kl.LSTM(2, name="after_code")(kl.Lambda(lambda x: x, name="code")(first))
    attention = kl.Attention(name="attention")([first, first])
    other = kl.GRU(2, name="other")(first)
    pooled = kl.Flatten()(attention)
    model = keras.Model(ids, kl.Concatenate()([own, code, other, pooled]))
    model.save(tmp_path / "m.keras")
    for source in (model, tmp_path / "m.keras"):
        traces = trace_model(source, RNG.integers(0, 9, (2, 5)))
        assert set(traces) == {"first", "other"}
        assert {"own", "after_own", "code", "after_code", "attention"} <= set(traces.unsupported)
        assert "own" in traces.unsupported["after_own"]
        assert "never run" in traces.unsupported["code"]
        assert "'Attention'" in traces.unsupported["attention"]


def test_the_article_example_is_one_call() -> None:
    data = np.arange(18, dtype=np.float32).reshape(6, 3, 1) / 10
    inputs = keras.Input((3, 1))
    model = keras.Model(inputs, kl.LSTM(1, return_sequences=True, name="lstm")(inputs))
    trace = trace_model(model, data)["lstm"]
    assert not isinstance(trace, BidirectionalTrace)
    assert trace.arrays()["forget_gate"].shape == (6, 3, 1)
    assert gap_of(trace.output, model.predict(data, verbose=0)) < TOLERANCE
