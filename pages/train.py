"""Train: start a run, follow it, compare runs, replay it, import a model."""

from lstm_core.runs.standby import keep_ready
from pages.parts.common.lead import draw_lead
from pages.parts.common.link import PAGES
from pages.parts.common.page import opened_by_navigation
from pages.parts.common.permission_gate import visitor
from pages.parts.train.common import choose_view
from pages.parts.train.diagnostics import draw_diagnostics
from pages.parts.train.import_model import draw_import
from pages.parts.train.new_run import draw_new
from pages.parts.train.progress import draw_progress
from pages.parts.train.replay import draw_replay
from pages.parts.train.run_watcher import watch_runs
from pages.parts.train.runs import draw_runs

DRAW = {
    "new": draw_new,
    "progress": draw_progress,
    "runs": draw_runs,
    "replay": draw_replay,
    "diagnostics": draw_diagnostics,
    "import": draw_import,
}

opened_by_navigation()
draw_lead(
    PAGES["train"],
    "Train an LSTM and follow it while it trains. Runs continue when the tab is closed.",
)
keep_ready(visitor())
DRAW[choose_view()]()
watch_runs()
