/* The camera of the Predict page: what it takes goes to Streamlit's uploader, as if somebody had chosen the files, under the
   limits that hold for these (camera.py). `data`: uploader, the selector of what that stands in. */

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
  if (!cameras.has(parentElement)) {
    const camera = new Camera({ ended: (shots) => feed(data.uploader, shots), hasStrip: true });
    cameras.set(parentElement, camera);
    parentElement.append(camera.root);
    camera.open();
  }
  return () => {
    cameras.get(parentElement)?.close();
    cameras.delete(parentElement);
  };
}
