"""A first visit on a slow line: when something readable stands there, and when the first page is complete.

A real server (`streamlit run`) with an empty workspace and a real browser with an empty cache, whose line is slowed by
the browser itself to 1.6 Mbit/s down, 0.75 Mbit/s up and 150 ms of latency ("slow 3G" of the usual tools is slower, a
crowded classroom like this). Inside the clock: from the navigation until text is painted (the first contentful paint,
and 20 letters or more on the page), until the page's heading and button stand, and all bytes that came over the line.
Median of three visits, each in a browser context of its own; a visit before them, on a fast line, is not counted: a
server that has just started compresses its files then.

Expected: the shell is one small answer (two round trips and 4 kB); the page needs Streamlit's scripts, 2.3 MB as they
are and about 700 kB compressed (3.5 s), and three round trips more for its socket and its stylesheet.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.command import finish, parser
from benchmarks.server import browsing, has_browser, serving, wait_until_it_answers
from benchmarks.table import figure

READABLE, COMPLETE, KILOBYTES, ROUNDS = "< 4", "< 10", "< 1500", 3
DOWN, UP, LATENCY = 1_600_000 / 8, 750_000 / 8, 150
"""Of the line: bytes a second, and milliseconds."""
WATCH = """
(() => {
  const looking = setInterval(() => {
    if ((document.body?.innerText ?? "").trim().length < 20) return;
    const painted = performance.getEntriesByName("first-contentful-paint")[0];
    if (!painted) return;
    window.readableAt ??= Math.max(painted.startTime, performance.now());
    clearInterval(looking);
  }, 20);
})();
"""


@dataclass(frozen=True)
class Visit:
    """Seconds until text was painted and until the page was complete; bytes that came over the line."""

    readable: float
    complete: float
    received: int


def main() -> int:
    """Measure, print, write."""
    options = parser("slow_line", __doc__).parse_args()  # --data is taken and not needed
    if not has_browser():
        return finish("A slow line", [], options, ["No chromium or no playwright here: nothing was measured."])
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as (process, address), browsing() as tab:
        wait_until_it_answers(process, address)
        visit(tab.context.browser, address, slow=False)
        visits = [visit(tab.context.browser, address) for _ in range(1 if options.quick else ROUNDS)]
    rows = [
        figure("first readable text at 1.6 Mbit/s", median(each.readable for each in visits), READABLE, "s"),
        figure("first page complete at 1.6 Mbit/s", median(each.complete for each in visits), COMPLETE, "s"),
        figure("bytes of a first visit", median(each.received for each in visits) / 1e3, KILOBYTES, "kB"),
    ]
    return finish("A slow line", rows, options)


def visit(browser, address: str, slow: bool = True) -> Visit:
    """The first page in a browser context of its own, whose cache is empty."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    line = context.new_cdp_session(tab)
    line.send("Network.enable")
    received: list[int] = []
    line.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    if slow:
        slow_down(line)
    tab.add_init_script(WATCH)
    start = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.locator("#root").get_by_role("heading", level=1).wait_for()
    tab.locator('button[kind="primary"]').first.wait_for()
    complete = time.perf_counter() - start
    readable = tab.evaluate("window.readableAt") / 1e3
    context.close()
    return Visit(readable, complete, sum(received))


def slow_down(line) -> None:
    """Slow a tab down to the line of this benchmark, through its session of the browser's own protocol."""
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY, "downloadThroughput": DOWN, "uploadThroughput": UP},
    )


if __name__ == "__main__":
    sys.exit(main())
