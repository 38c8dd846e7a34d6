/* What the model sees in the camera's live picture, several times a second: bars, "None of these", a heat map, and Freeze. All of
   it is computed in the browser with the run's own model; no frame is kept or sent. */

const BETWEEN_MS = 40; // two answers, so that the page stays quick
const SPEAK_MS = 3000; // between two answers that are read aloud
const STEADY_ANSWERS = 3; // the same class so many times is read aloud
const FIXED_BARS = 8; // so many classes keep their places; of more, the most probable are shown
const ASPECT = 4 / 3; // of the picture on the page (camera.css)

const LOADING = "Getting the model ready…";
const NO_LIVE = "Live answers don’t work in this browser. Take a photo to see its prediction.";

class LiveAnswers {
  /** `plan`: what live_answers.py gives. */
  constructor(camera, plan) {
    Object.assign(this, { camera, plan, last: "", steady: 0, spokenAt: 0, spoken: "", count: 0 });
    this.head = make("div", { className: "live-head" });
    this.bars = make("ul", { className: "bars" });
    this.bars.setAttribute("aria-label", "Live prediction");
    this.note = make("p", { className: "hint" });
    this.bar = make("progress", { max: 1, value: 0, hidden: true });
    this.bar.setAttribute("aria-label", LOADING);
    this.voice = make("p", { className: "live-said" });
    this.voice.setAttribute("role", "status");
    this.freezer = button("Freeze", "", () => this.freeze());
    this.freezer.title = "Space";
    this.heater = button("Heat map", "", () => this.toggleHeat());
    this.heater.setAttribute("aria-pressed", "false");
    this.over = make("canvas", { className: "over", hidden: true });
    this.over.setAttribute("aria-hidden", "true");
    this.camera.stage.append(this.over);
    this.buttons = make("div", { className: "row", hidden: true }, this.freezer, this.heater);
    this.root = make("div", { className: "live" }, this.note, this.bar, this.head, this.bars, this.buttons, this.voice);
    this.key = (event) => this.pressed(event);
    document.addEventListener("keydown", this.key);
    for (const name of ["play", "pause"]) camera.video.addEventListener(name, () => this.drawFreezer());
    this.start();
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) return; // the camera says why
    this.note.textContent = LOADING;
    this.bar.hidden = false;
    try {
      const { classifier, layers } = await loadModel(this.plan, (share) => (this.bar.value = share));
      Object.assign(this, { classifier, layers });
      this.note.textContent = "";
      this.heater.hidden = !layers;
      this.root.dataset.state = "ready";
    } catch (error) {
      console.error(error);
      this.note.textContent = NO_LIVE;
      this.root.dataset.state = "failed";
    }
    this.bar.hidden = true;
    if (this.classifier) this.follow();
  }

  /** New words of the page: how sure the model must be. */
  update(plan) {
    this.isDue ||= this.plan.about.threshold !== plan.about.threshold;
    this.plan = plan;
  }

  get isSeen() {
    const { video, stream } = this.camera;
    return Boolean(stream && video.videoWidth && !document.hidden && (!video.paused || this.isDue));
  }

  /** Answer for what is seen now, again and again. */
  async follow() {
    while (!this.isClosed) {
      const hasPicture = Boolean(this.camera.stream);
      this.buttons.hidden = this.head.hidden = this.bars.hidden = !hasPicture;
      if (this.isSeen) await this.look();
      await new Promise((done) => setTimeout(done, BETWEEN_MS));
    }
  }

  async look() {
    const { video } = this.camera;
    this.isDue = false;
    this.classifier.about = this.plan.about;
    try {
      const square = seenSquare(video, video.videoWidth, video.videoHeight, this.plan.about.input);
      const answer = await this.classifier.ofSquare(square);
      if (!this.isClosed) this.show(answer);
    } catch (error) {
      console.error(error);
      this.note.textContent = NO_LIVE;
      this.root.dataset.state = "failed";
      this.isClosed = true; // the camera goes on without
    }
  }

  show(answer) {
    this.answer = answer;
    this.root.dataset.answers = this.count += 1;
    const [label, probability] = answer.ranked[0];
    this.root.dataset.answer = JSON.stringify({ label, probability, isKnown: answer.isKnown });
    if (this.count === 1) this.takeFocus();
    if (this.isFrozen && !this.isDue) this.root.dataset.frozen = "true"; // the answer is that of the picture that is shown
    this.head.replaceChildren(...answerHead(answer, "p"));
    const all = answer.ranked.length;
    const rows = all > FIXED_BARS ? answer.ranked.slice(0, FIRST_BARS) : [...answer.ranked].sort((one, other) => one[2] - other[2]);
    this.bars.classList.toggle("faint", !answer.isKnown);
    this.bars.replaceChildren(...rows.map(bar));
    this.drawHeat();
    this.speak(answer);
  }

  speak(answer) {
    const label = answer.isKnown ? answer.ranked[0][0] : "None of these";
    this.steady = label === this.last ? this.steady + 1 : 0;
    this.last = label;
    const now = Date.now();
    if (label === this.spoken || this.steady < STEADY_ANSWERS || now - this.spokenAt < SPEAK_MS) return;
    Object.assign(this, { spoken: label, spokenAt: now });
    this.voice.textContent = answerWords(answer);
  }

  // Freeze

  /** From the switch that turned the camera on, where the space bar would turn it off again. */
  takeFocus() {
    if (document.activeElement?.matches('.st-key-camera_on input')) this.freezer.focus({ preventScroll: true });
  }

  get isFrozen() {
    return Boolean(this.camera.stream) && this.camera.video.paused;
  }

  freeze() {
    if (!this.camera.stream) return;
    if (this.isFrozen) {
      this.camera.video.play();
    } else {
      this.camera.video.pause();
      this.root.dataset.frozen = "waiting";
      this.isDue = true; // the answer stands for the very picture that is shown
    }
  }

  drawFreezer() {
    this.freezer.textContent = this.isFrozen ? "Continue" : "Freeze";
    // The event of a pause comes late: the answer for the picture that is shown may be there already.
    if (!this.isFrozen) this.root.dataset.frozen = "false";
    else if (this.root.dataset.frozen !== "true") this.root.dataset.frozen = "waiting";
  }

  /** The space bar, wherever it would only scroll the page. */
  pressed(event) {
    if (event.key !== " " || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !this.classifier) return;
    let target = document.activeElement;
    while (target?.shadowRoot?.activeElement) target = target.shadowRoot.activeElement;
    if (target?.closest("button, a, input, textarea, select, summary, [role], [contenteditable], [tabindex]:not([tabindex='-1'])")) return;
    event.preventDefault();
    this.freeze();
  }

  // Heat map

  toggleHeat() {
    this.hasHeat = !this.hasHeat;
    this.heater.setAttribute("aria-pressed", String(this.hasHeat));
    this.drawHeat();
  }

  drawHeat() {
    const isShown = Boolean(this.hasHeat && this.answer?.featureMap);
    this.over.hidden = !isShown;
    if (!isShown) return;
    const { plan, answer, layers } = this;
    const { heat } = plan;
    const [rows, columns] = heat.map;
    const values = evidenceOf(layers, answer.featureMap, heat.map);
    drawHeat(this.over, heatOf(values, answer.ranked[0][2], rows * columns), heat);
    this.placeHeat();
  }

  /** Over what the model sees of the picture, of which the page may show less. */
  placeHeat() {
    const { videoWidth, videoHeight } = this.camera.video;
    const scale = Math.max(ASPECT / videoWidth, 1 / videoHeight);
    const side = Math.min(videoWidth, videoHeight);
    const isSquare = this.plan.about.input.resize === "center-crop";
    const [width, height] = isSquare ? [side, side] : [videoWidth, videoHeight];
    this.over.style.width = `${(100 * width * scale) / ASPECT}%`;
    this.over.style.height = `${100 * height * scale}%`;
    this.over.classList.toggle("mirrored", this.camera.video.classList.contains("mirrored"));
  }

  close() {
    this.isClosed = true;
    document.removeEventListener("keydown", this.key);
  }
}
