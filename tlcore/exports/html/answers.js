/* Answers as people read them: words, bars, and a card for each photo. */

const MOST_BARS = 8; // where there are more classes, only the first of them are shown at once
const FIRST_BARS = 5;

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter(Boolean));
  return element;
};

/** A share as people write it, "92%"; the rule is that of tlcore/shares.py. */
function percent(share) {
  const whole = `${roundHalfEven(share * 100)}%`;
  if (whole === "100%" && share < 1 - 1e-9) return `${Math.min(99.9, Math.floor(share * 1000 + 1e-6) / 10).toFixed(1)}%`;
  return whole === "0%" && share > 1e-9 ? "<1%" : whole;
}

function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 ? floor + 1 : floor;
}

const counted = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** "Cats, 93%", or "None of these". */
function answerWords({ ranked, isKnown }) {
  return isKnown ? `${ranked[0][0]}, ${percent(ranked[0][1])}` : "None of these";
}

function bar([label, probability, place]) {
  const fill = make("span", { className: "fill" });
  fill.style.width = `${100 * probability}%`;
  fill.style.background = `var(--class-${place % 8})`;
  const track = make("span", { className: "track" }, fill);
  track.setAttribute("aria-hidden", "true");
  return make("li", {}, make("bdi", { textContent: label }), track, make("span", { className: "share", textContent: percent(probability) }));
}

/** The bars of an answer: the most probable classes, the others behind a fold. */
function bars(answer) {
  const list = (rows) => make("ul", { className: "bars" }, ...rows.map(bar));
  const shown = answer.ranked.length > MOST_BARS ? FIRST_BARS : MOST_BARS;
  const rest = answer.ranked.slice(shown);
  const fold = rest.length > 0 && make("details", {}, make("summary", { textContent: counted(rest.length, "more class", "more classes") }), list(rest));
  return make("div", { className: answer.isKnown ? "" : "faint" }, list(answer.ranked.slice(0, shown)), fold);
}

/** The heading of an answer and its bars. */
function answerParts(answer, heading = "h3") {
  const [label, probability] = answer.ranked[0];
  if (answer.isKnown) {
    const share = make("span", { className: "share", textContent: percent(probability) });
    return [make(heading, { className: "answer" }, make("bdi", { textContent: label }), " ", share), bars(answer)];
  }
  const words = make("p", { className: "small" }, "It doesn’t look like any of the classes. Closest: ", make("bdi", { textContent: label }), ".");
  const title = make(heading, { className: "answer unknown", textContent: "None of these" });
  if (heading !== "h3") return [title, words, bars(answer)]; // live: nothing opens and closes
  const fold = make("details", {}, make("summary", { textContent: "If it had to choose" }), bars(answer));
  return [title, words, fold]; // "None of these" beside a bar of 98% would puzzle anybody
}

const DEEP = "This photo has 16 bits per channel, and browsers read 8 of them: Transfer Lab may answer otherwise.";

/** A photo with its answer; `note`: what a person should know of it, or "". */
function answerCard(blob, name, policy, answer, milliseconds, note) {
  const photo = make("img", { src: URL.createObjectURL(blob), alt: `Photo ${name}`, className: policy });
  photo.onload = photo.onerror = () => URL.revokeObjectURL(photo.src);
  const file = make("p", { className: "small" }, make("bdi", { textContent: name }), ` · ${Math.round(milliseconds)} ms`);
  const told = note && make("p", { className: "small", textContent: note });
  return make("li", { className: "card" }, photo, make("div", { className: "words" }, ...answerParts(answer), told, file));
}

/** A file that could not be used, and why. */
function problemCard(name, words) {
  const parts = [make("h3", {}, make("bdi", { textContent: name })), make("p", { textContent: words })];
  return make("li", { className: "card problem" }, make("div", { className: "words" }, ...parts));
}
