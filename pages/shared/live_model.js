/* The model of the live camera: fetched once for all cameras of a visit, with progress. */

let liveModel = null; // {address, loading: a promise of {classifier, layers}}

/** An address of this server as the page has it, whatever stands before the pages in it. */
const addressOf = (path) => new URL(path, location.href.split(/[?#]/)[0].replace(/\/+$/, "")).href;

/** The bytes of an address; `told(bytes)` hears of each piece. */
async function fetchBytes(path, told) {
  const response = await fetch(addressOf(path), { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${response.status}`);
  const pieces = [];
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    told(piece.value.length);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function loadScript(path) {
  if (globalThis.LiteRtJs) return Promise.resolve();
  return new Promise((done, failed) => {
    const script = make("script", { src: addressOf(path), onload: done });
    script.onerror = () => failed(new Error("The script could not be loaded."));
    document.head.append(script);
  });
}

/** The model that `plan` (live_answers.py) names; `told(share)` hears how much of it has come. */
function loadModel(plan, told) {
  if (liveModel?.address === plan.model) return liveModel.loading;
  liveModel?.loading.then(({ classifier }) => classifier.network.delete?.(), () => {});
  let come = 0;
  const more = (bytes) => told(Math.min(1, (come += bytes) / plan.bytes));
  const load = async () => {
    const [wasm, network, head] = await Promise.all([
      globalThis.liteRtLoaded ? null : fetchBytes(plan.wasm, more),
      fetchBytes(plan.model, more),
      plan.heat && fetchBytes(plan.heat.head, more),
      loadScript(plan.script),
    ]);
    if (!globalThis.liteRtLoaded) {
      await Classifier.startRuntime(wasm);
      globalThis.liteRtLoaded = true;
    }
    const classifier = await Classifier.compile(plan.about, network);
    return { classifier, layers: head && layersOf(new Float32Array(head.buffer), plan.heat.shapes) };
  };
  const loading = load();
  liveModel = { address: plan.model, loading };
  loading.catch(() => (liveModel = null)); // the next camera tries again
  return loading;
}
