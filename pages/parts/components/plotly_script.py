"""Path and address of the Plotly script that the server serves and the chart component loads."""

from pathlib import Path

# The part of Plotly's script that draws on two axes: it runs in a third of the whole one's time.
# The version in the name: a browser keeps the file for good and asks for another after an update.
PLOTLY = Path(__file__).parents[3] / "assets" / "plotly" / "plotly-cartesian-4.1.1.min.js"
PLOTLY_PATH = f"lens/{PLOTLY.name}"
