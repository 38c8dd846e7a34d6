"""Make tlcore/assets/photo-decoder out of the sources of libjpeg-turbo and Little CMS, with Zig's C compiler.

    apt-get source --download-only libjpeg-turbo lcms2     (Debian 12: libjpeg-turbo 2.1.5, lcms2 2.14)
    pip install ziglang==0.15.1
    python scripts/build_photo_decoder.py libjpeg-turbo_2.1.5.orig.tar.gz lcms2_2.14.orig.tar.gz

These are the libraries that Pillow decodes JPEGs and converts colours with, so pixels are the same to the last bit;
what a browser makes of a JPEG is not, since it always decodes all of it (see docs/export.md). The WebAssembly
imports nothing: it can do nothing but compute.
"""

import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tlcore" / "assets" / "photo-decoder"
GLUE = Path(__file__).with_name("photo_decoder.c")
SHA256 = {
    "libjpeg-turbo": "254f3642b04e309fee775123133c6464181addc150499561020312ec61c1bf7c",
    "lcms2": "28474ea6f6591c4d4cee972123587001a4e6e353412a41b3e9e82219818d5740",
}
JPEG = (
    "jaricom jcomapi jdapimin jdapistd jdarith jdcoefct jdcolor jddctmgr jdhuff jdinput jdmainct jdmarker jdmaster "
    "jdmerge jdphuff jdpostct jdsample jidctflt jidctfst jidctint jidctred jmemmgr jmemnobs jquant1 jquant2 jsimd_none "
    "jutils"
).split()
COLOURS = (
    "alpha cnvrt err gamma gmt half intrp io0 io1 lut md5 mtrx named opt pack pcs plugin ps2 samp sm types virt wtpnt "
    "xform cam02"
).split()
CONFIG = """#include <errno.h>
#define JPEG_LIB_VERSION 62
#define LIBJPEG_TURBO_VERSION 2.1.5
#define LIBJPEG_TURBO_VERSION_NUMBER 2001005
#define D_ARITH_CODING_SUPPORTED 1
#define BITS_IN_JSAMPLE 8
"""
INTERNAL_CONFIG = """#define BUILD "transferlab"
#define INLINE inline __attribute__((always_inline))
#define THREAD_LOCAL
#define PACKAGE_NAME "libjpeg-turbo"
#define VERSION "2.1.5"
#define SIZEOF_SIZE_T 4
#define HAVE_BUILTIN_CTZL
#define FALLTHROUGH __attribute__((fallthrough));
"""
CLOSED = "fopen fclose fread fwrite fseek ftell remove time".split()  # photo_decoder.c has what stands in for them
FLAGS = [
    *("-target", "wasm32-wasi", "-mexec-model=reactor", "-O3", "-msimd128", "-std=gnu11", "-w", "-fno-sanitize=all"),
    *("-ffunction-sections", "-fdata-sections", "-DNO_GETENV", "-DNDEBUG", "-DCMS_NO_PTHREADS=1"),
    *(f"-D{name}=closed_{name}" for name in CLOSED),
    *("-Wl,--gc-sections", "-Wl,--strip-all"),
]


def main(jpeg: Path, colours: Path) -> None:
    """Write the WebAssembly and print its hash."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key, archive in (("libjpeg-turbo", jpeg), ("lcms2", colours)):
            if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256[key]:
                sys.exit(f"{archive} is not {key} as it was published.")
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        turbo, lcms = next(folder.glob("libjpeg-turbo-*")), next(folder.glob("lcms2-*"))
        (turbo / "jconfig.h").write_text(CONFIG)
        (turbo / "jconfigint.h").write_text(INTERNAL_CONFIG)
        sources = [turbo / f"{each}.c" for each in JPEG] + [lcms / "src" / f"cms{each}.c" for each in COLOURS]
        made = folder / "photo_decoder.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, f"-I{turbo}", f"-I{lcms / 'include'}"]
        subprocess.run([*command, str(GLUE), *map(str, sources), "-o", str(made)], check=True)
        wasm = made.read_bytes()
    TARGET.mkdir(parents=True, exist_ok=True)
    packed_wasm = gzip.compress(wasm, 9, mtime=0)
    (TARGET / "photo_decoder.wasm.gz").write_bytes(packed_wasm)
    print(f"photo_decoder.wasm.gz  {len(packed_wasm):,} bytes  {hashlib.sha256(packed_wasm).hexdigest()}")
    print(f"unpacked  {len(wasm):,} bytes  {hashlib.sha256(wasm).hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
