"""The maths and texts of the lesson; no Streamlit, and TensorFlow only in `keras_tasks`."""
