/* The camera of a card: its live picture, and a button that takes a photo when pressed and several while it is held. */

const BETWEEN_SHOTS_MS = 300;
const QUALITY = 0.92;

const PROBLEMS = {
  NotAllowedError: "Your browser blocks the camera. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found on this device.",
  NotReadableError: "Another program is using the camera. Close it, then try again.",
};

/** `take` gets each photo as a File; `closed` is called when the camera goes off. */
class Camera {
  constructor(take, closed) {
    this.take = take;
    this.closed = closed;
    this.number = 0;
    this.facing = "environment";
    this.video = make("video", { muted: true, autoplay: true, playsInline: true });
    this.video.setAttribute("aria-label", "Live picture of the camera");
    this.shutter = button("Take photo", "shutter");
    this.turn = button("Switch camera", "quiet", () => this.open(this.facing === "user" ? "environment" : "user"));
    this.turn.hidden = true;
    this.done = button("Close camera", "quiet", () => this.close());
    this.note = make("p", { className: "hint", textContent: "Hold the button to take several" });
    this.note.setAttribute("role", "status");
    const buttons = make("div", { className: "row" }, this.shutter, this.turn, this.done);
    this.root = make("div", { className: "camera" }, this.video, buttons, this.note);
    this.listen();
  }

  listen() {
    const { shutter } = this;
    const isPress = (event) => event.key === " " || event.key === "Enter";
    shutter.onpointerdown = (event) => {
      if (event.button === 0) this.hold();
    };
    shutter.onpointerup = shutter.onpointerleave = shutter.onpointercancel = shutter.onblur = () => this.release();
    shutter.onkeydown = (event) => {
      if (!isPress(event)) return;
      event.preventDefault();
      if (!event.repeat) this.hold();
    };
    shutter.onkeyup = (event) => {
      if (isPress(event)) event.preventDefault(); // or its click would be one photo more
      this.release();
    };
    shutter.onclick = (event) => {
      if (event.detail === 0 && event.pointerType === "") this.shoot(); // a screen reader's press
    };
    shutter.oncontextmenu = (event) => event.preventDefault(); // a long press on a phone
  }

  async open(facing = this.facing) {
    this.off();
    this.facing = facing;
    this.shutter.disabled = true;
    try {
      const video = { facingMode: facing, width: { ideal: 1024 }, height: { ideal: 768 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (this.isClosed) return stream.getTracks().forEach((track) => track.stop());
      this.stream = stream;
      this.video.srcObject = stream;
      const seen = stream.getVideoTracks()[0].getSettings().facingMode;
      this.video.classList.toggle("mirrored", seen !== "environment");
      await this.video.play();
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.turn.hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
      this.shutter.disabled = false;
      this.shutter.focus();
    } catch (error) {
      this.note.textContent = PROBLEMS[error.name] ?? "The camera could not be started.";
    }
  }

  hold() {
    if (this.timer) return;
    this.shoot();
    this.timer = setInterval(() => this.shoot(), BETWEEN_SHOTS_MS);
  }

  release() {
    clearInterval(this.timer);
    this.timer = null;
  }

  shoot() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width) return;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    const name = `camera-${Date.now()}-${(this.number += 1)}.jpg`;
    canvas.toBlob((blob) => blob && this.take(new File([blob], name, { type: "image/jpeg" })), "image/jpeg", QUALITY);
    this.root.classList.remove("flash");
    requestAnimationFrame(() => this.root.classList.add("flash"));
  }

  off() {
    this.release();
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  close() {
    this.isClosed = true;
    this.off();
    this.root.remove();
    this.closed();
  }
}

/** Whether a page may use the camera here; over plain http it may not, and then a phone's own camera app is opened. */
const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);
