"""Parts of a page that are drawn by the clock, and whose turn comes when the browser has gone to another page.

Streamlit's page asks for such a part (`st.fragment` with `run_every`) by its timer. A request that comes while another
page begins waits until that is drawn, and is then run for the page that was left: the browser is told of that page
again, empties what it shows, and fails on a part that has no place there ("Bad delta path index"): it stays white.
"""

from collections.abc import Callable
from typing import Any

from streamlit.runtime.scriptrunner import script_runner

Run = Callable[[Any, Any], None]


def drop_late_fragments() -> None:
    """From now on pass over parts of a page that is not the one shown."""
    # Streamlit has no public place to say so; tests/security/test_late_fragments.py tells when this no longer holds.
    runner = script_runner.ScriptRunner
    if not getattr(runner._run_script, "passes_over_late_fragments", False):
        runner._run_script = _passing_over(runner._run_script)  # type: ignore[method-assign]


def _passing_over(run: Run) -> Run:
    def run_script(self: Any, rerun_data: Any) -> None:
        wanted = rerun_data.page_script_hash
        is_late = bool(rerun_data.fragment_id_queue) and wanted not in ("", self._get_script_run_ctx().page_script_hash)
        if not is_late:
            run(self, rerun_data)

    run_script.passes_over_late_fragments = True  # type: ignore[attr-defined]
    return run_script
