/* A network and its answers. In the one HTML file nothing is fetched: runtime and network stand in it as base64; the pages of
   the program use the rest of this for the live camera. */

/** The bytes of one of the page's own blocks, which is emptied: it is needed once. */
function takeBytes(id) {
  const element = document.getElementById(id);
  const text = atob(element.textContent);
  element.remove();
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Classifier {
  /** `about`: the page's data: `labels`, `input` (as in model.json) and `threshold` (null: it answers every photo). */
  static async load(about) {
    await Classifier.startRuntime(await unpack(takeBytes("tl-runtime")));
    const classifier = await Classifier.compile(about, await unpack(takeBytes("tl-network")));
    classifier.decoder = await PhotoDecoder.load(await unpack(takeBytes("tl-decoder")));
    return classifier;
  }

  /** The runtime, of its WebAssembly's bytes; once a page. */
  static async startRuntime(wasmBinary) {
    const log = (words) => console.debug(words); // of the runtime, for whoever looks for it
    globalThis.Module = { wasmBinary, print: log, printErr: log };
    await LiteRtJs.loadLiteRt("litert.js");
  }

  static async compile(about, model) {
    return new Classifier(about, await LiteRtJs.loadAndCompile(model, { accelerator: "wasm" }));
  }

  constructor(about, network) {
    Object.assign(this, { about, network });
  }

  /** The answer for a file, with the `note` of `PhotoDecoder.seen`. */
  async ofFile(file) {
    const { square, note } = await this.decoder.seen(file, this.about.input);
    return { ...(await this.ofSquare(square)), note };
  }

  /** The answer for what the network sees: `ranked` ([label, probability, place], most probable first) and `isKnown`. */
  async ofSquare(square) {
    const { size } = this.about.input;
    const image = new LiteRtJs.Tensor(Float32Array.from(square), [1, size, size, 3]);
    const outputs = await this.network.run({ image });
    const values = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      values[name] = tensor.toTypedArray().slice();
      tensor.delete();
    }
    image.delete();
    const { labels, threshold } = this.about;
    const probabilities = [...values.probabilities];
    const ranked = probabilities.map((probability, place) => [labels[place], probability, place]);
    ranked.sort((one, other) => other[1] - one[1] || one[2] - other[2]);
    const familiarity = values.familiarity?.[0] ?? null;
    const isKnown = threshold === null || familiarity === null || familiarity >= threshold;
    return { ranked, probabilities, familiarity, isKnown, featureMap: values.feature_map ?? null };
  }
}
