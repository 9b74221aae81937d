"""The least page that could stand beside Live: it echoes the text, a number and one heatmap.

No model is run: what it takes is Streamlit's and Plotly's own time.
"""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

ROWS, COLUMNS = 32, 80  # as many values as the hidden states of the shipped model

text = st.text_area("Review", "A wonderful film.")
st.text(text)
st.header(str(len(text)))
values = np.random.default_rng(len(text)).uniform(-1, 1, (ROWS, COLUMNS)).astype(np.float32)
st.plotly_chart(go.Figure(go.Heatmap(z=values, colorscale="RdBu", zmin=-1, zmax=1)), key="values")
