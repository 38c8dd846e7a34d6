/* The camera: a live answer several times a second, a frame to keep. No frame leaves the page. */

const PAUSE_MS = 120; // between two answers, so that the page stays quick
const STEADY_ANSWERS = 4; // the same class so many times is read aloud

const CAMERA_PROBLEMS = {
  NotAllowedError: "The browser blocks the camera. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found on this device.",
  NotReadableError: "Another program is using the camera. Close it, then try again.",
};
const NO_CAMERA = "This browser doesn’t give files a camera. Choose photos that you have taken, or open the file in Chrome, Edge or Firefox.";

class Camera {
  /** `keep(blob)` gets a frame as a photo, `say(words)` what is read aloud. */
  constructor(classifier, keep, say) {
    Object.assign(this, { classifier, keep, say, steady: 0, last: "" });
    this.section = document.getElementById("camera");
    this.video = document.getElementById("video");
    this.answer = document.getElementById("live");
    this.freezeButton = document.getElementById("freeze");
    this.freezeButton.onclick = () => this.freeze();
    document.getElementById("keep").onclick = () => this.take();
    document.getElementById("stop").onclick = () => this.stop();
  }

  async start() {
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "NotSupportedError");
      this.video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await this.video.play();
    } catch (error) {
      this.say(CAMERA_PROBLEMS[error.name] ?? NO_CAMERA);
      return;
    }
    this.section.hidden = false;
    this.freezeButton.textContent = "Freeze";
    this.freezeButton.focus({ preventScroll: true });
    this.section.scrollIntoView({ block: "nearest" });
    this.look();
  }

  /** Answer for what is seen now, again and again while the camera is on. */
  async look() {
    while (this.video.srcObject && !this.video.paused) {
      const { videoWidth: width, videoHeight: height } = this.video;
      if (width) this.show(await this.classifier.ofSquare(seenSquare(this.video, width, height, this.classifier.about.input)));
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }

  show(answer) {
    this.answer.replaceChildren(...answerParts(answer, "h2"));
    const label = answer.isKnown ? answer.ranked[0][0] : "None of these";
    this.steady = label === this.last ? this.steady + 1 : 0;
    this.last = label;
    if (this.steady === STEADY_ANSWERS) this.say(answerWords(answer));
  }

  async freeze() {
    if (this.video.paused) {
      await this.video.play();
      this.look();
    } else {
      this.video.pause();
    }
    this.freezeButton.textContent = this.video.paused ? "Continue" : "Freeze";
  }

  async take() {
    const canvas = new OffscreenCanvas(this.video.videoWidth, this.video.videoHeight);
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    this.keep(await canvas.convertToBlob({ type: "image/png" }));
  }

  stop() {
    for (const track of this.video.srcObject?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
    this.section.hidden = true;
    document.getElementById("start-camera").focus();
  }
}
