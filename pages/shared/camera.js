/* The camera of a card and of the Predict page: its live picture, a button that takes a photo when it is pressed and a burst
   while it is held, and a countdown for whoever needs both hands. Where the browser gives no camera it says why, and offers the
   camera app of a phone. */

const SHOTS_A_SECOND = 4;
const MOST_SECONDS = 8; // of a burst, which then ends by itself
const COUNTDOWN_SECONDS = 3;
const SHOT_QUALITY = 0.92;
const MOST_SHOTS_SHOWN = 6;
const SHOT_WIDTH = 96; // pixels of a shot in the strip

const NO_HTTPS = "This page was opened without https, so the browser gives it no camera. Open it with https://, or";
const NO_CAMERA_HERE = "This browser gives pages no camera. You can";
const PROBLEMS = {
  NotAllowedError: "Your browser blocks the camera. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found on this device.",
  NotReadableError: "Another program is using the camera. Close it, then try again.",
};

const isTouch = () => matchMedia("(pointer: coarse)").matches;
const instead = () => (isTouch() ? "take photos with the camera app" : "choose photos that you have taken");
const shotsTaken = (count) => `${count} ${count === 1 ? "photo" : "photos"} taken`;

/** `take(file, group)` gets each photo at once, `ended(shots)` all {file, group} of a press when it is over: photos of one press
    have one group, and "" those of the camera app. `closed` is called when the camera goes off; without it there is no button for
    that. `advice`: what is said once there was a burst. `hasStrip`: whether the latest photos are shown. */
class Camera {
  constructor({ take = () => {}, ended = () => {}, closed = null, advice = "", hasStrip = false }) {
    Object.assign(this, { take, ended, closed, advice });
    this.number = 0;
    this.facing = "environment";
    this.video = make("video", { muted: true, autoplay: true, playsInline: true });
    this.video.setAttribute("aria-label", "Live picture of the camera");
    this.digits = make("div", { className: "digits", hidden: true });
    this.left = make("div", { className: "left", hidden: true });
    for (const each of [this.digits, this.left]) each.setAttribute("aria-hidden", "true"); // `note` says it
    this.stage = make("div", { className: "stage" }, this.video, this.digits, this.left);
    this.shutter = button("Take photo", "shutter");
    this.timed = button(`Record in ${COUNTDOWN_SECONDS} s`, "", () => this.countDown());
    this.turn = button("Switch camera", "quiet", () => this.open(this.facing === "user" ? "environment" : "user"));
    this.turn.hidden = true;
    this.done = closed && button("Close camera", "quiet", () => this.close());
    this.note = make("p", { className: "hint", textContent: "Hold the button or the space bar to record a burst" });
    this.note.setAttribute("role", "status");
    this.buttons = make("div", { className: "row" }, this.shutter, this.timed, this.turn);
    this.strip = hasStrip ? make("ul", { className: "strip", hidden: true }) : null;
    this.strip?.setAttribute("aria-label", "Latest photos of the camera");
    this.buildFallback();
    const parts = [this.stage, this.buttons, this.note, this.fallback, this.strip];
    this.root = make("div", { className: "camera" }, ...parts, this.done && make("div", { className: "row" }, this.done));
    this.listen();
  }

  /** The way in where there is no live picture. */
  buildFallback() {
    const app = make("input", { type: "file", accept: "image/*", multiple: true, tabIndex: -1, hidden: true });
    app.setAttribute("capture", "environment");
    app.onchange = () => {
      const shots = [...app.files].map((file) => ({ file, group: "" }));
      app.value = "";
      for (const { file, group } of shots) this.take(file, group);
      if (shots.length) this.ended(shots);
    };
    this.again = button("Try again", "", () => this.open());
    this.app = button(isTouch() ? "Open camera app" : "Choose photos", "", () => app.click());
    this.fallback = make("div", { className: "row", hidden: true }, this.again, this.app, app);
  }

  listen() {
    const { shutter } = this;
    const isPress = (event) => event.key === " " || event.key === "Enter";
    shutter.onpointerdown = (event) => {
      if (event.button === 0) this.press();
    };
    shutter.onpointerup = shutter.onpointerleave = shutter.onpointercancel = shutter.onblur = () => this.release();
    shutter.onkeydown = (event) => {
      if (!isPress(event)) return;
      event.preventDefault();
      if (!event.repeat) this.press();
    };
    shutter.onkeyup = (event) => {
      if (!isPress(event)) return;
      event.preventDefault(); // or its click would be one photo more
      this.release();
    };
    shutter.onclick = (event) => {
      if (event.detail === 0 && event.pointerType === "") this.single(); // a screen reader's press
    };
    shutter.oncontextmenu = (event) => event.preventDefault(); // a long press on a phone
    this.root.onkeydown = (event) => {
      if (event.key === "Escape" && this.isBusy) this.stop();
    };
  }

  get isBusy() {
    return Boolean(this.timer || this.counter);
  }

  async open(facing = this.facing) {
    this.off();
    this.facing = facing;
    this.shutter.disabled = this.timed.disabled = true;
    if (!navigator.mediaDevices?.getUserMedia) {
      return this.fail(`${isSecureContext ? NO_CAMERA_HERE : NO_HTTPS} ${instead()}.`, false);
    }
    try {
      const video = { facingMode: facing, width: { ideal: 1024 }, height: { ideal: 768 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (this.isClosed) return stream.getTracks().forEach((track) => track.stop());
      await this.show(stream);
    } catch (error) {
      this.fail(PROBLEMS[error.name] ?? "The camera could not be started.", error.name !== "NotFoundError");
    }
  }

  async show(stream) {
    const hadFailed = !this.fallback.hidden;
    this.stream = stream;
    this.video.srcObject = stream;
    const [track] = stream.getVideoTracks();
    track.onended = () => {
      if (this.stream === stream) this.lost();
    };
    const seen = track.getSettings().facingMode;
    this.video.classList.toggle("mirrored", seen !== "environment");
    this.stage.hidden = this.buttons.hidden = false;
    this.fallback.hidden = true;
    if (hadFailed) this.note.textContent = "";
    await this.video.play();
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.turn.hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
    this.shutter.disabled = this.timed.disabled = false;
    if (this.closed) this.shutter.focus();
  }

  /** Say why there is no live picture, and what else can be done. */
  fail(words, canTryAgain) {
    this.note.textContent = words;
    this.stage.hidden = this.buttons.hidden = true;
    this.fallback.hidden = false;
    this.again.hidden = !canTryAgain;
    if (this.closed) (canTryAgain ? this.again : this.app).focus();
  }

  /** The camera was unplugged, or the browser was forbidden to use it. */
  lost() {
    this.off();
    this.fail("The camera was disconnected. Connect it, then try again.", true);
  }

  press() {
    if (this.isBusy) return this.stop(); // one that a countdown began
    this.isHeld = true;
    this.record();
  }

  release() {
    if (this.isHeld) this.stop();
  }

  single() {
    if (this.isBusy) return this.stop();
    this.record();
    this.stop();
  }

  countDown() {
    if (this.isBusy) return;
    let seconds = COUNTDOWN_SECONDS;
    const tick = () => {
      if (!seconds) {
        clearInterval(this.counter);
        this.counter = null;
        return this.record();
      }
      this.digits.textContent = this.note.textContent = seconds;
      this.digits.hidden = false;
      seconds -= 1;
    };
    this.timed.disabled = true;
    this.counter = setInterval(tick, 1000);
    tick();
    this.shutter.focus();
  }

  /** Take photos until `stop`, or until a burst is long enough. */
  record() {
    this.digits.hidden = true;
    this.timed.disabled = true;
    this.shots = [];
    this.waiting = [];
    this.group = randomId();
    const end = Date.now() + 1000 * MOST_SECONDS;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return this.stop();
      this.shoot();
      this.left.textContent = `${left} s`;
      this.left.hidden = this.shots.length < 2;
      if (this.shots.length === 2) this.note.textContent = this.isHeld ? "Recording…" : "Recording… Press Escape or the button to stop.";
    };
    this.timer = setInterval(tick, 1000 / SHOTS_A_SECOND);
    tick();
  }

  shoot() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    const name = `camera-${Date.now()}-${(this.number += 1)}.jpg`;
    const { group, shots } = this;
    const shot = { group };
    shots.push(shot);
    const encoded = new Promise((done) => canvas.toBlob(done, "image/jpeg", SHOT_QUALITY));
    this.waiting.push(encoded.then((blob) => {
      if (!blob) return;
      shot.file = new File([blob], name, { type: "image/jpeg" });
      this.take(shot.file, group);
    }));
    this.keep(canvas);
    this.root.classList.remove("flash");
    requestAnimationFrame(() => this.root.classList.add("flash"));
  }

  /** A photo in the strip. */
  keep(canvas) {
    if (!this.strip) return;
    const small = make("canvas", { width: SHOT_WIDTH, height: Math.round((SHOT_WIDTH * canvas.height) / canvas.width) });
    small.getContext("2d").drawImage(canvas, 0, 0, small.width, small.height);
    this.strip.prepend(make("li", {}, small));
    while (this.strip.childElementCount > MOST_SHOTS_SHOWN) this.strip.lastChild.remove();
    this.strip.hidden = false;
  }

  stop() {
    clearInterval(this.timer);
    clearInterval(this.counter);
    const { shots, waiting } = this;
    const wasRecording = Boolean(this.timer);
    this.timer = this.counter = null;
    this.isHeld = false;
    this.digits.hidden = this.left.hidden = true;
    this.timed.disabled = !this.stream;
    if (!wasRecording) return this.say("");
    this.say(shots.length > 1 ? `${shotsTaken(shots.length)}. ${this.advice}` : shotsTaken(shots.length));
    Promise.all(waiting).then(() => {
      const whole = shots.filter(({ file }) => file);
      if (whole.length) this.ended(whole);
    });
  }

  say(words) {
    this.note.textContent = words.trim();
  }

  off() {
    if (this.isBusy) this.stop();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  close() {
    this.isClosed = true;
    this.off();
    this.root.remove();
    this.closed?.();
  }
}
