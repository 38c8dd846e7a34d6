/* The camera of the Predict page: what it takes goes to Streamlit's uploader, as if somebody had chosen the files, under the
   limits that hold for these (camera.py). `data`: uploader, the selector of what that stands in; live, what live answers need
   (live_answers.py), null for none. */

const cameras = new WeakMap(); // by the element it stands in

function feed(selector, shots) {
  const input = document.querySelector(`${selector} input[type=file]`);
  if (!input) return;
  const transfer = new DataTransfer();
  for (const { file } of shots) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

export default function ({ parentElement, data }) {
  const known = cameras.get(parentElement);
  if (!known) {
    const camera = new Camera({ ended: (shots) => feed(data.uploader, shots), hasStrip: true });
    camera.answers = data.live ? new LiveAnswers(camera.video, data.live) : null;
    if (camera.answers) {
      camera.stage.after(camera.answers.root);
      camera.shutter.after(camera.answers.freezeButton);
    }
    cameras.set(parentElement, camera);
    parentElement.append(camera.root);
    camera.open();
  } else if (data.live) {
    known.answers?.update(data.live);
  }
  return () => {
    const camera = cameras.get(parentElement);
    camera?.answers?.stop();
    camera?.close();
    cameras.delete(parentElement);
  };
}
