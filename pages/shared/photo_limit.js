/* Says how many photos fit at once before any is sent, and how far those are that are sent (photo_limit.py).

   `data`: uploader (the selector of what Streamlit's uploader stands in), given (photos that it has), most and most_bytes (how
   many fit), instead and command (what to do with more). Streamlit counts nothing for a page while files are on their way, so the
   browser's own list of finished requests is counted. */

const ROUTE = "/_stcore/upload_file/";
const words = (value) => value.toLocaleString("en");
const size = (bytes) => (bytes < 1e9 ? `${words(Math.round(bytes / 1e6))} MB` : `${words(Math.round(bytes / 1e8) / 10)} GB`);

const states = new WeakMap(); // by the element it stands in

function refusal(files, { given, most, most_bytes }) {
  const all = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length + given > most) {
    const what = given ? `${words(files.length)} more photos` : `${words(files.length)} photos`;
    const here = given ? `: ${words(given)} are here already` : "";
    return `${what} are too many at once${here}. Choose up to ${words(most - given)}.`;
  }
  return all > most_bytes ? `These photos take ${size(all)}. Choose up to ${size(most_bytes)} at once.` : "";
}

function refuse(root, sentence, { instead, command }) {
  const parts = [make("p", { textContent: `${sentence} ${instead}` }), command && make("code", { textContent: command })];
  const said = make("div", { className: "tl-refused" }, ...parts);
  said.setAttribute("role", "alert");
  root.replaceChildren(said);
  root.hidden = false;
}

/** Show how many of the files that are sent now have arrived. */
function follow(root, state, number) {
  state.watcher?.disconnect();
  root.hidden = true;
  if (number < 2) return;
  const bar = make("progress", { max: number, value: 0 });
  const line = make("p", { className: "tl-small" });
  bar.setAttribute("aria-label", "Upload");
  root.replaceChildren(line, bar);
  const show = () => {
    line.textContent = `Uploading · ${words(bar.value)} of ${words(number)} photos`;
    root.hidden = bar.value >= number;
  };
  state.watcher = new PerformanceObserver((list) => {
    bar.value += list.getEntries().filter(({ name }) => name.includes(ROUTE)).length;
    show();
    if (bar.value >= number) state.watcher.disconnect();
  });
  state.watcher.observe({ type: "resource" });
  show();
}

export default function ({ parentElement, data }) {
  if (!states.has(parentElement)) {
    const root = make("div", { className: "tl-photo-limit", hidden: true });
    parentElement.append(root);
    states.set(parentElement, { root });
  }
  const state = states.get(parentElement);
  state.data = data;
  const begin = (event, files) => {
    const inside = event.target.closest?.(`${data.uploader} [data-testid="stFileUploader"]`);
    if (!inside || !files.length) return;
    const sentence = refusal([...files], state.data);
    if (!sentence) return follow(state.root, state, files.length);
    event.preventDefault();
    event.stopImmediatePropagation(); // before the uploader hears of it
    if (event.target.value) event.target.value = "";
    event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true })); // it is no longer over the drop zone
    state.watcher?.disconnect();
    refuse(state.root, sentence, state.data);
  };
  const chosen = (event) => begin(event, event.target.files ?? []);
  const dropped = (event) => begin(event, event.dataTransfer?.files ?? []);
  window.addEventListener("change", chosen, true);
  window.addEventListener("drop", dropped, true);
  return () => {
    window.removeEventListener("change", chosen, true);
    window.removeEventListener("drop", dropped, true);
  };
}
