/* What a page needs beside what is drawn on it: landmarks, the focus after a page change, spoken progress, and a new drawing
   when the system's colours change. It draws nothing itself (reading.py).

   `data`: page (which page this is), title (of its heading). What outlives a mounting is kept on the window, since Streamlit
   loads this module again with each. */

const ATTRIBUTES = [
  [".st-key-tl_steps", { role: "navigation", "aria-label": "Steps" }],
  [".st-key-tl_beside", { role: "navigation", "aria-label": "More pages" }],
  [".stMain h1", { tabindex: "-1" }],
  ['[data-testid="stVegaLiteChart"] > svg', { "aria-hidden": "true" }], // its alt text is on what holds it, and tells it all
];
const SPEAK_EVERY_MS = 15_000; // the same words with other numbers

const kept = (window.transferLab ??= { page: null, title: null, heading: null, spoken: "", at: 0, told: null });

const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, ""); // Markdown may have changed what is between them

/** The heading of the page, once it is the new page's own. */
function heading() {
  const found = document.querySelector(".stMain h1");
  return found && letters(found.textContent) === letters(kept.heading) ? found : null;
}

function mark() {
  for (const [selector, attributes] of ATTRIBUTES)
    for (const element of document.querySelectorAll(selector))
      for (const [name, value] of Object.entries(attributes))
        if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  if (kept.heading !== null && heading()) {
    heading().focus();
    kept.heading = null;
  }
  speak(document.querySelector('[data-testid="stProgress"]')?.textContent.trim() ?? "");
}

/** Tell the words of a running job: new ones at once, the same with other numbers now and then. */
function speak(words) {
  if (words === kept.spoken) return;
  const isNew = words.replace(/[\d.,:%]+/g, "") !== kept.spoken.replace(/[\d.,:%]+/g, "");
  if (!isNew && Date.now() - kept.at < SPEAK_EVERY_MS) return;
  if (words) kept.told.textContent = words;
  kept.spoken = words;
  kept.at = Date.now();
}

/** The place that a screen reader listens to; it is outside of what Streamlit draws, so that it is never replaced. */
function listener() {
  const found = document.getElementById("tl-told") ?? document.body.appendChild(document.createElement("div"));
  found.id = "tl-told";
  found.className = "tl-said";
  found.setAttribute("role", "status");
  return found;
}

/** Until the page runs again, what lies outside of the app's element gets its colours here (look.py). */
function followScheme(isAhead) {
  const app = document.querySelector(".stApp");
  document.body.style.colorScheme = isAhead && app ? getComputedStyle(app).colorScheme : "";
}

/** The skip link leads below the top line. */
function skip(event) {
  if (!event.target.closest?.('[data-testid="stSkipToContent"]')) return;
  event.preventDefault();
  event.stopPropagation(); // else Streamlit leads to the whole page
  document.querySelector(".stMain h1")?.focus();
}

/** Whoever goes on by himself before the new page is there keeps his focus. */
function leave(event) {
  if (event.isTrusted) kept.heading = null;
}

export default function ({ data, setTriggerValue }) {
  document.getElementById("tl-shell")?.remove();
  kept.told = listener();
  if (kept.page !== null && kept.page !== data.page) {
    kept.heading = data.title;
    kept.spoken = kept.told.textContent = "";
  } else if (kept.title !== null && kept.title !== data.title) {
    kept.told.textContent = data.title; // a job has begun or ended
  }
  kept.page = data.page;
  kept.title = data.title;
  mark();

  const watcher = new MutationObserver(() => {
    mark();
    redraw();
  });
  watcher.observe(document.getElementById("root"), { subtree: true, childList: true, characterData: true });
  document.addEventListener("click", skip, true);
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, leave, true);

  // Charts are drawn by the server, in its colours of the page: it draws them again. A printer is always light.
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  let isStale = false;
  const changed = () => {
    isStale = !matchMedia("print").matches;
    setTimeout(redraw, 50); // by then Streamlit has its own new colours
  };
  /** A new run of the page closes a dialog, which only its press opens: it waits until the dialog is closed. */
  function redraw() {
    if (!isStale) return;
    const isOpen = document.querySelector(".stDialog") !== null;
    followScheme(isOpen);
    if (isOpen) return;
    isStale = false;
    setTriggerValue("scheme", scheme.matches ? "dark" : "light");
  }
  scheme.addEventListener("change", changed);

  return () => {
    watcher.disconnect();
    scheme.removeEventListener("change", changed);
    document.removeEventListener("click", skip, true);
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, leave, true);
  };
}
