/* The page: loads the model, checks it on the photos that came with it, and takes photos from wherever they come. */

const about = JSON.parse(document.getElementById("tl-about").textContent);
const byId = (id) => document.getElementById(id);
const say = (words) => (byId("status").textContent = words);

let line = Promise.resolve(); // one photo after the other
const totals = new Map();
let rows = []; // [name, answer], for the table

function addTotal(label) {
  totals.set(label, (totals.get(label) ?? 0) + 1);
  const number = [...totals.values()].reduce((sum, each) => sum + each, 0);
  const parts = [...totals].sort((one, other) => other[1] - one[1]).map(([name, count]) => `${name} ${count.toLocaleString("en")}`);
  byId("totals").textContent = `${counted(number, "photo")}: ${parts.join(", ")}`;
}

async function classify(classifier, file, name) {
  byId("answers").hidden = false;
  let card;
  try {
    const start = performance.now();
    const answer = await classifier.ofFile(file);
    const milliseconds = performance.now() - start;
    card = answerCard(file, name, about.input.resize, answer, milliseconds, (await isDeep(file)) ? DEEP : "");
    rows.push([name, answer]);
    addTotal(answer.isKnown ? answer.ranked[0][0] : "None of these");
    say(`${name}: ${answerWords(answer)}`);
  } catch (error) {
    console.error(error);
    card = problemCard(name);
    say(`${name} can’t be opened.`);
  }
  byId("cards").prepend(card);
  await new Promise((done) => setTimeout(done)); // the page draws and answers keys in between
}

function classifyAll(classifier, files) {
  for (const file of files) line = line.then(() => classify(classifier, file, file.name || "Photo"));
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
  byId("check-summary").textContent = `Checked: ${good} of ${total} answers as expected, largest difference ${largest.toFixed(4)}`;
  byId("check").dataset.state = good === total ? "passed" : "failed";
  byId("check-advice").hidden = good === total;
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

function listen(classifier) {
  const take = (files) => classifyAll(classifier, files);
  const zone = byId("drop");
  byId("choose").onclick = () => byId("files").click();
  byId("files").onchange = () => {
    take([...byId("files").files]);
    byId("files").value = "";
  };
  document.ondragover = (event) => {
    event.preventDefault();
    zone.classList.add("over");
  };
  document.ondragleave = (event) => event.relatedTarget ?? zone.classList.remove("over");
  document.ondrop = (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take([...event.dataTransfer.files]);
  };
  document.onpaste = (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) take(files);
    else say("There is no photo on the clipboard.");
  };
  byId("save").onclick = saveTable;
  byId("remove").onclick = clearAnswers;
  let shots = 0;
  const camera = new Camera(classifier, (blob) => classifyAll(classifier, [new File([blob], `Camera ${++shots}`)]), say);
  byId("start-camera").onclick = () => camera.start();
}

async function begin() {
  try {
    const start = performance.now();
    const classifier = await Classifier.load(about);
    document.body.dataset.loaded = Math.round(performance.now() - start);
    listen(classifier);
    for (const id of ["choose", "start-camera"]) byId(id).disabled = false;
    say("Ready. Your photos stay on this device.");
    document.body.dataset.state = "ready";
    await check(classifier);
  } catch (error) {
    console.error(error);
    document.body.dataset.state = "failed";
    say("This browser can’t run the model. Open the file in a current version of Chrome, Edge, Firefox or Safari.");
  }
}

begin();
