/* The page: loads the model, checks it on the photos that came with it, and takes photos from wherever they come. */

const about = JSON.parse(document.getElementById("tl-about").textContent);
const byId = (id) => document.getElementById(id);
const say = (words) => (byId("status").textContent = words);

let line = Promise.resolve(); // one photo after the other
let queue = { done: 0, refused: 0, total: 0, removals: 0 }; // of the photos that wait together
const totals = new Map();
let rows = []; // [name, answer], for the table

function totalsWords() {
  const parts = [...totals].sort((one, other) => other[1] - one[1]).map(([name, count]) => `${name} ${count.toLocaleString("en")}`);
  const rest = parts.splice(MOST_BARS).length;
  if (rest) parts.push(`and ${counted(rest, "more class", "more classes")}`);
  return `${counted(rows.length, "photo")}: ${parts.join(", ")}`;
}

/** A card with the answer for a photo, unless all were removed in the meantime; gives what is read aloud. */
async function classify(classifier, file, name) {
  const asked = queue.removals;
  let card, words;
  try {
    const start = performance.now();
    const answer = await classifier.ofFile(file);
    const milliseconds = performance.now() - start;
    card = answerCard(file, name, about.input.resize, answer, milliseconds, (await isDeep(file)) ? DEEP : answer.note);
    if (asked !== queue.removals) return "";
    rows.push([name, answer]);
    const label = answer.isKnown ? answer.ranked[0][0] : "None of these";
    totals.set(label, (totals.get(label) ?? 0) + 1);
    byId("totals").textContent = totalsWords();
    words = `${name}: ${answerWords(answer)}`;
  } catch (error) {
    console.debug(error);
    card = problemCard(name, await reasonFor(file));
    if (asked !== queue.removals) return "";
    words = `${name} can’t be opened.`;
    queue.refused += 1;
  }
  byId("answers").hidden = false;
  byId("cards").prepend(card);
  return words;
}

function classifyAll(loading, files, isFromCamera = false) {
  if (queue.done === queue.total) queue = { ...queue, done: 0, refused: 0, total: 0 };
  queue.total += files.length;
  if (queue.total > 1 && document.body.dataset.state === "ready") say("Classifying…");
  const asked = queue.removals;
  for (const [place, file] of files.entries()) {
    line = line.then(async () => {
      if (asked !== queue.removals) return;
      showProgress();
      const words = await classify(await loading, file, file.name || "Photo");
      if (asked !== queue.removals) return;
      queue.done += 1;
      showProgress();
      if (queue.done === queue.total) say(queue.total > 1 ? queueWords() : words);
      if (place === 0 && !isFromCamera) showAnswers();
      await new Promise((done) => setTimeout(done)); // the page draws and answers keys in between
    });
  }
}

function queueWords() {
  const words = `${counted(queue.done - queue.refused, "photo")} classified`;
  return queue.refused ? `${words}, ${queue.refused.toLocaleString("en")} can’t be opened.` : `${words}.`;
}

function showProgress() {
  byId("waiting").hidden = queue.total < 2 || queue.done === queue.total;
  [byId("progress").value, byId("progress").max] = [queue.done, queue.total];
  byId("counted").textContent = `${queue.done.toLocaleString("en")} of ${queue.total.toLocaleString("en")}`;
}

/** On a small screen the newest answer may lie below what is seen. */
function showAnswers() {
  const answer = document.querySelector("#cards .words");
  if (answer.getBoundingClientRect().top + 80 < innerHeight) return;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  byId("answers").scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
}

/** Answers for the photos that came with the file, held against what the program that made it expects. */
async function check(classifier) {
  let [good, largest] = [0, 0];
  for (const sample of about.samples) {
    const bytes = Uint8Array.from(atob(sample.data), (letter) => letter.charCodeAt(0));
    const blob = new Blob([bytes], { type: sample.type });
    const answer = await classifier.ofFile(blob);
    const difference = differenceOf(sample, answer);
    const isGood = difference <= about.tolerance && answer.isKnown === sample.known;
    good += isGood;
    largest = Math.max(largest, difference);
    addCheckRow(blob, sample, answer, difference, isGood);
  }
  const total = about.samples.length;
  byId("check").classList.toggle("problem", good < total);
  byId("check").open = good < total;
  byId("check-summary").textContent = `Checked on this device: ${good} of ${total} answers as expected`;
  byId("largest").textContent = largest.toFixed(4);
  byId("check").dataset.state = good === total ? "passed" : "failed";
  byId("check-advice").hidden = good === total;
  if (good < total) say("This browser gives other answers than Transfer Lab. Open the file in another one.");
}

/** The largest difference in any probability or in the familiarity. */
function differenceOf(sample, answer) {
  const differences = sample.probabilities.map((each, place) => Math.abs(each - answer.probabilities[place]));
  if (sample.familiarity !== null) differences.push(Math.abs(sample.familiarity - answer.familiarity));
  return Math.max(...differences);
}

function addCheckRow(blob, sample, answer, difference, isGood) {
  const photo = make("img", { src: URL.createObjectURL(blob), alt: "" });
  const place = sample.probabilities.indexOf(Math.max(...sample.probabilities));
  const expected = { ranked: [[about.labels[place], sample.probabilities[place], place]], isKnown: sample.known };
  const cells = [expected, answer].map((each) => make("td", {}, make("bdi", { textContent: answerWords(each) })));
  const sign = make("td", { textContent: `${isGood ? "✓" : "✗"} ${difference.toFixed(4)}` });
  byId("check-rows").append(make("tr", {}, make("td", {}, photo), ...cells, sign));
}

function clearAnswers() {
  byId("cards").replaceChildren();
  byId("answers").hidden = true;
  totals.clear();
  rows = [];
  queue = { done: 0, refused: 0, total: 0, removals: queue.removals + 1 }; // what still waits is not classified
  showProgress();
  say("All answers were removed.");
  byId("choose").focus();
}

/** All answers as CSV, a line a photo; a name that a spreadsheet would compute is marked as text. */
function csvOf(answers) {
  const cell = (value) => `"${String(value).replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`;
  const line = (cells) => cells.map(cell).join(",");
  const lines = answers.map(([name, { ranked, probabilities, isKnown }]) => {
    const answer = isKnown ? ranked[0][0] : "None of these";
    return line([name, answer, ranked[0][0], ...probabilities.map((each) => each.toFixed(6))]);
  });
  return `\ufeff${[line(["file", "answer", "closest", ...about.labels]), ...lines].join("\r\n")}\r\n`;
}

function saveTable() {
  const address = URL.createObjectURL(new Blob([csvOf(rows)], { type: "text/csv" }));
  make("a", { href: address, download: "predictions.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** `loading`: the classifier, once it is there; photos that come before wait for it. */
function listen(loading) {
  const take = (files, none) => {
    if (document.body.dataset.state === "failed") return;
    if (files.length) classifyAll(loading, files);
    else say(none);
  };
  const zone = byId("drop");
  byId("choose").onclick = () => byId("files").click();
  byId("files").onchange = () => {
    take([...byId("files").files], "No photo was chosen.");
    byId("files").value = "";
  };
  document.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  document.ondragleave = (event) => event.relatedTarget ?? zone.classList.remove("over");
  document.ondrop = async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const none = "There was no file in it. Save the picture on this computer first, then drop the file.";
    take(await droppedFiles(event.dataTransfer), none);
  };
  document.onpaste = (event) => {
    take([...event.clipboardData.files], "There is no photo on the clipboard.");
  };
  byId("save").onclick = saveTable;
  byId("remove").onclick = clearAnswers;
}

function offerCamera(classifier) {
  let shots = 0;
  const keep = (blob) => classifyAll(classifier, [new File([blob], `Camera ${++shots}`)], true);
  const camera = new Camera(classifier, keep, say);
  byId("start-camera").onclick = () => camera.start();
}

async function begin() {
  try {
    const start = performance.now();
    const loading = Classifier.load(about);
    listen(loading);
    const classifier = await loading;
    document.body.dataset.loaded = Math.round(performance.now() - start);
    offerCamera(classifier);
    for (const id of ["choose", "start-camera"]) byId(id).disabled = false;
    say("Ready. Your photos stay on this device.");
    document.body.dataset.state = "ready";
    await check(classifier);
  } catch (error) {
    console.error(error);
    document.body.dataset.state = "failed";
    byId("waiting").hidden = true;
    say("This browser can’t run the model. Open the file in a current version of Chrome, Edge, Firefox or Safari.");
  }
}

begin();
