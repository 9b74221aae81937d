"""The page one would write in ten minutes, as the peer of the states page's benchmark.

Plain Streamlit with Keras: a model that gives all hidden states, gates by stepping the cell's
weights, and six charts, each a Plotly heatmap of its own.
"""

import keras
import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lstm_core.model.sentiment_model import SentimentModel


@st.cache_resource
def load() -> tuple[SentimentModel, keras.Model, keras.Model]:
    ours = SentimentModel.load()  # only for its encoder
    model = ours.keras_model()
    layer = keras.layers.LSTM(ours.lstm_dim, return_sequences=True)
    vectors = model.get_layer("embedding").output
    states = keras.Model(model.inputs, [vectors, layer(vectors)])
    layer.set_weights(model.get_layer("lstm").get_weights())
    return ours, model, states


ours, model, states = load()
text = st.query_params.get("text", "A wonderful film.")
unit = st.number_input("Unit", 0, ours.lstm_dim - 1)
encoding = ours.encode(text)
ids = encoding.ids[None]
probability = float(model.predict(ids, verbose=0)[0, 0])
st.header(f"{'Positive' if probability >= 0.5 else 'Negative'} {probability:.0%}")
x, hidden = (part[0] for part in states.predict(ids, verbose=0))  # (T, E), (T, D)
kernel, recurrent, bias = model.get_layer("lstm").get_weights()
before = np.vstack([np.zeros(ours.lstm_dim), hidden[:-1]])  # (T, D)
i, f, g, o = np.split(x @ kernel + before @ recurrent + bias, 4, axis=1)
i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
g = np.tanh(g)
c = np.zeros_like(hidden)
for step in range(len(c)):
    c[step] = f[step] * (c[step - 1] if step else 0) + i[step] * g[step]
for name, values in {"i": i, "f": f, "g": g, "o": o, "c": c, "h": hidden}.items():
    figure = go.Figure(go.Heatmap(z=values.T, colorscale="RdBu", zmin=-1, zmax=1))
    figure.update_xaxes(tickvals=list(range(len(encoding.words))), ticktext=list(encoding.words))
    figure.add_hline(unit)
    figure.update_layout(title=name, height=250)
    st.plotly_chart(figure, key=name)
