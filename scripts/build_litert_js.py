"""Make tlcore/assets/litert-js out of the npm package `@litertjs/core`, with esbuild.

    npm pack @litertjs/core@2.5.3
    npm install esbuild@0.28.2
    python scripts/build_litert_js.py litertjs-core-2.5.3.tgz node_modules/@esbuild/linux-x64/bin/esbuild

Of the package's four builds this takes the one called "compat": a page that is opened from a disk has no
SharedArrayBuffer, so no threads, and relaxed SIMD and JSPI are not in every browser yet.

`litert.js` is one classic script. It defines `ModuleFactory`, Emscripten's loader, and `LiteRtJs` with `loadLiteRt`,
`loadAndCompile` and `Tensor`. The package would fetch its loader from an address; here the loader is part of the
script, and the WebAssembly is what the page puts into `globalThis.Module.wasmBinary`, so that nothing is fetched.
"""

import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tlcore" / "assets" / "litert-js"
PACKAGE_SHA256 = "a97660833e9e7e1063c95e12016718881240b14f7438728a2f62785e912d30fd"
ENTRY = 'export { loadLiteRt, loadAndCompile, Tensor } from "./package/dist/index.js";\n'
WASM_UTILS = """export async function createWasmLib(Constructor) {
  return new Constructor(await globalThis.ModuleFactory(globalThis.Module), null);
}
"""
"""Stands in for `@litertjs/wasm-utils`, which adds a script element for the loader."""


def main(package: Path, esbuild: Path) -> None:
    """Write both files and print their hashes."""
    content = package.read_bytes()
    if hashlib.sha256(content).hexdigest() != PACKAGE_SHA256:
        sys.exit(f"{package} is not @litertjs/core 2.5.3 as it was published.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(package) as archive:
            archive.extractall(folder, filter="data")
        (folder / "entry.js").write_text(ENTRY, encoding="utf-8")
        (folder / "wasm-utils.js").write_text(WASM_UTILS, encoding="utf-8")
        loader = _minify(folder, esbuild, "package/wasm/litert_wasm_compat_internal.js")
        functions = _minify(
            folder,
            esbuild,
            "entry.js",
            "--bundle",
            "--format=iife",
            "--global-name=LiteRtJs",
            "--alias:@litertjs/wasm-utils=./wasm-utils.js",
        )
        wasm = (folder / "package" / "wasm" / "litert_wasm_compat_internal.wasm").read_bytes()
    script = loader + functions
    if b"</script" in script.lower() or b"<!--" in script or b"\r" in script:
        sys.exit("The script can't stand in a page as it is.")
    files = {"litert.js": script, "litert.wasm.gz": gzip.compress(wasm, 9, mtime=0)}
    for file, data in files.items():
        (TARGET / file).write_bytes(data)
        print(f"{file}  {len(data):,} bytes  {hashlib.sha256(data).hexdigest()}")
    print(f"unpacked  {len(wasm):,} bytes  {hashlib.sha256(wasm).hexdigest()}")


def _minify(folder: Path, esbuild: Path, source: str, *options: str) -> bytes:
    """A script as esbuild writes it, in ASCII."""
    command = [str(esbuild.resolve()), source, "--minify", "--charset=ascii", "--target=es2022", *options]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
