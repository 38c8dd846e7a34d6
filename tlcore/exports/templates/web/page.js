"use strict";

const SERVICE = document.body.dataset.service; // "" where the service itself gives this page
const MOST_BARS = 10;
const byId = (id) => document.getElementById(id);
let newest = 0; // an answer that is overtaken by the next photo's is not shown

function bar([label, probability]) {
  const [row, name, progress] = ["li", "bdi", "progress"].map((tag) => document.createElement(tag));
  name.textContent = label; // never innerHTML: a class may be called anything
  progress.value = probability;
  progress.setAttribute("aria-hidden", "true");
  row.append(name, progress, `${Math.min(99.9, 100 * probability).toFixed(1)}%`);
  return row;
}

/** Ask the service what is on a photo, a File or Blob. */
async function predict(photo) {
  const reply = await fetch(`${SERVICE}/predict`, { method: "POST", body: photo });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

async function show(photo) {
  const turn = ++newest;
  byId("status").textContent = "Asking…";
  byId("answer").replaceChildren();
  byId("shown").src = URL.createObjectURL(photo);
  byId("shown").hidden = false;
  let words, bars = [];
  try {
    const answer = await predict(photo);
    words = answer.known ? answer.label : `None of these. Closest: ${answer.label}`;
    bars = Object.entries(answer.probabilities).sort((one, other) => other[1] - one[1]).slice(0, MOST_BARS).map(bar);
  } catch (error) {
    words = error instanceof TypeError ? "The service can’t be reached." : error.message;
  }
  if (turn !== newest) return;
  byId("status").textContent = words;
  byId("answer").replaceChildren(...bars);
}

byId("photo").onchange = () => byId("photo").files[0] && show(byId("photo").files[0]);
byId("shown").onload = byId("shown").onerror = () => URL.revokeObjectURL(byId("shown").src);
byId("shown").addEventListener("error", () => (byId("shown").hidden = true)); // such as HEIC, which the service can read
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) show(event.dataTransfer.files[0]);
};

fetch(`${SERVICE}/health`)
  .then((reply) => reply.json())
  .then(({ name, classes }) => {
    if (name) document.title = byId("name").textContent = name;
    byId("classes").textContent = classes.slice(0, 20).join(", ") + (classes.length > 20 ? ", …" : "");
  })
  .catch(() => (byId("status").textContent = "The service can’t be reached."));
