/* The camera of the Predict page: what it takes goes to Streamlit's uploader, as if somebody had chosen the files, under the
   limits that hold for these (camera.py); and live answers below its picture. `data`: uploader, the selector of what that stands
   in; live, the model (live_answers.py), or null; adding (live_adding.py), or null. */

const cameras = new WeakMap(); // by the element it stands in

function feed(selector, shots) {
  const input = document.querySelector(`${selector} input[type=file]`);
  if (!input) return;
  const transfer = new DataTransfer();
  for (const { file } of shots) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function mounted({ parentElement, data }) {
  const camera = new Camera({ ended: (shots) => feed(data.uploader, shots), hasStrip: true });
  const live = data.live ? new LiveAnswers(camera, data.live) : null;
  const adding = new LiveAdding(camera);
  if (live) camera.stage.after(live.root);
  camera.fallback.after(adding.root);
  parentElement.append(camera.root);
  camera.open();
  return { camera, live, adding };
}

export default function (component) {
  const { parentElement, data } = component;
  let parts = cameras.get(parentElement);
  if (parts?.live && parts.live.plan.model !== data.live?.model) { // another run
    Object.values(parts).forEach((part) => part?.close());
    parts = null;
  }
  if (!parts) cameras.set(parentElement, (parts = mounted(component)));
  if (data.live) parts.live?.update(data.live);
  parts.adding.update(component);
  return () => {
    for (const part of Object.values(cameras.get(parentElement) ?? {})) part?.close();
    cameras.delete(parentElement);
  };
}
