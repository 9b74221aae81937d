"""Pictures of what the model computed, as Plotly figures; no Streamlit, no TensorFlow."""
