"""The page one would write in ten minutes, as the peer of the live page's benchmark.

Plain Streamlit with the Keras model itself: a text area, one `predict` for the verdict, one for the
hidden states, one heatmap.
"""

import keras
import plotly.graph_objects as go
import streamlit as st

from lstm_core.model.sentiment_model import SentimentModel


@st.cache_resource
def load() -> tuple[SentimentModel, keras.Model, keras.Model]:
    ours = SentimentModel.load()  # only for its encoder
    model = ours.keras_model()
    layer = keras.layers.LSTM(ours.lstm_dim, return_sequences=True)
    states = keras.Model(model.inputs, layer(model.get_layer("embedding").output))
    layer.set_weights(model.get_layer("lstm").get_weights())
    return ours, model, states


ours, model, states = load()
text = st.text_area("Review", "A wonderful film.")
encoding = ours.encode(text)
ids = encoding.ids[None]
probability = float(model.predict(ids, verbose=0)[0, 0])
st.header(f"{'Positive' if probability >= 0.5 else 'Negative'} {probability:.0%}")
hidden = states.predict(ids, verbose=0)[0]  # (T, D)
figure = go.Figure(go.Heatmap(z=hidden.T, colorscale="RdBu", zmin=-1, zmax=1))
figure.update_xaxes(tickvals=list(range(len(encoding.words))), ticktext=list(encoding.words))
st.plotly_chart(figure, key="hidden")
