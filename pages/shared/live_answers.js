/* Live answers below the camera's picture: the model runs here, in the browser, on what the camera sees (live_answers.py). */

const PAUSE_MS = 120; // between two answers, so that the page stays quick
const STEADY_ANSWERS = 4; // the same class so many times is read aloud
const MOST_LIVE_BARS = 4;
const NO_LIVE = "This browser can’t answer live. Take a photo to see its prediction.";

let runtime; // the page's one LiteRT.js, loaded once: a promise
const classifiers = new Map(); // by the address of the model: promises

function loadScript(address) {
  return new Promise((done, failed) => {
    const script = make("script", { src: address });
    script.onload = done;
    script.onerror = () => failed(new Error(`${address} could not be loaded`));
    document.head.append(script);
  });
}

async function bytesOf(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function loadClassifier(live) {
  runtime ??= (async () => {
    const [wasm] = await Promise.all([bytesOf(live.wasm), loadScript(live.script)]);
    await Classifier.startRuntime(wasm);
  })();
  const [model] = await Promise.all([bytesOf(live.model), runtime]);
  return Classifier.compile(live.about, model);
}

class LiveAnswers {
  constructor(video, live) {
    Object.assign(this, { video, live, steady: 0, last: "", isOn: true });
    this.head = make("p", { className: "live-head", textContent: "Getting the model ready…" });
    this.bars = make("ul", { className: "live-bars" });
    this.bars.setAttribute("aria-label", "Live probabilities");
    this.said = make("p", { className: "live-said" });
    this.said.setAttribute("role", "status");
    this.freezeButton = button("Freeze", "", () => this.freeze());
    this.freezeButton.disabled = true;
    this.root = make("div", { className: "live" }, this.head, this.bars, this.said);
    this.begin();
  }

  async begin() {
    try {
      if (!classifiers.has(this.live.model)) classifiers.set(this.live.model, loadClassifier(this.live));
      this.classifier = await classifiers.get(this.live.model);
    } catch (error) {
      console.warn("No live answers:", error.message);
      classifiers.delete(this.live.model);
      this.head.textContent = NO_LIVE;
      this.freezeButton.hidden = true;
      return;
    }
    this.freezeButton.disabled = false;
    while (this.isOn) {
      await this.look();
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  /** Another threshold: the dial of the page was moved. */
  update(live) {
    this.live = live;
    this.shown = null;
  }

  /** Answer for what is seen now; a frozen picture, and one that nobody sees, only once. */
  async look() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || document.hidden || (this.video.paused && this.shown === this.video.currentTime)) return;
    this.shown = this.video.currentTime;
    const { about } = this.live;
    try {
      this.classifier.about = about;
      this.show(await this.classifier.ofSquare(seenSquare(this.video, width, height, about.input)));
    } catch (error) {
      console.warn("No live answer:", error.message);
    }
  }

  show({ ranked, isKnown }) {
    const [label, probability] = ranked[0];
    const percent = (share) => (share > 0 && share < 0.01 ? "<1%" : share < 1 && share > 0.99 ? ">99%" : `${Math.round(100 * share)}%`);
    this.head.replaceChildren(
      make("strong", { textContent: isKnown ? label : "None of these" }),
      make("span", { textContent: isKnown ? ` ${percent(probability)}` : ` Closest: ${label} ${percent(probability)}` }),
    );
    this.bars.replaceChildren(
      ...ranked.slice(0, MOST_LIVE_BARS).map(([name, share, place]) => {
        const fill = make("span", { className: "live-fill" });
        fill.style.width = `${100 * share}%`;
        fill.style.background = this.live.hues[place];
        const track = make("span", { className: "live-track" }, fill);
        track.setAttribute("aria-hidden", "true");
        return make("li", {}, make("bdi", { textContent: name }), track, make("span", { textContent: percent(share) }));
      }),
    );
    this.root.dataset.answer = JSON.stringify({ label, probability, isKnown });
    const word = isKnown ? label : "None of these";
    this.steady = word === this.last ? this.steady + 1 : 0;
    this.last = word;
    if (this.steady === STEADY_ANSWERS) this.said.textContent = isKnown ? `${label}, ${percent(probability)}` : word;
  }

  async freeze() {
    if (this.video.paused) await this.video.play();
    else this.video.pause();
    this.freezeButton.textContent = this.video.paused ? "Continue" : "Freeze";
  }

  stop() {
    this.isOn = false;
  }
}
