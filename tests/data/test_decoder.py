"""The limited processes: the same pixels, and no picture that harms anybody but itself."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from pages.shared import photo_viewer
from pages.shared.photo_viewer import ViewerPhoto
from tests import claims
from tests.data.test_capture_time import TAKEN, photo
from tests.data.test_images import KINDS, REFUSED
from tests.photos import encode, make_photo
from tlcore.data import decode_budget, images
from tlcore.data import decoder as decoder_module
from tlcore.data.decoder import PhotoDecoder, shared_decoder
from tlcore.data.images import LARGE_BYTES, PhotoRefused, load_input, thumbnail
from tlcore.data.wanted import PhotoInfo, Wanted
from tlcore.errors import UserError
from tlcore.settings import HOSTED, OWN

ROOT = Path(__file__).parents[2]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
WANTED = Wanted(96, "center-crop", 120)


@pytest.fixture(scope="module")
def decoder() -> Iterator[PhotoDecoder]:
    made = PhotoDecoder(HOSTED)
    yield made
    made.close()


@pytest.fixture(scope="module")
def large() -> bytes:
    """A PNG that takes more than what may be decoded side by side, and some time."""
    return encode(Image.effect_noise((5_000, 4_000), 40).convert("RGB"), "PNG", compress_level=1)


def processes() -> list[psutil.Process]:
    return [each for each in psutil.Process().children() if "decoder_process" in " ".join(each.cmdline())]


@pytest.mark.parametrize(("name", "data", "colour"), KINDS, ids=[kind[0] for kind in KINDS])
def test_it_gives_what_this_process_would(decoder, name, data, colour):
    photo = decoder.decode(data, WANTED)
    assert (photo.input == load_input(data, 96, "center-crop")).all() and photo.input.dtype == np.uint8
    assert photo.thumbnail == images.decode(data, WANTED).thumbnail
    assert photo.info == decoder.inspect(data) == images.inspect(data)
    assert (decoder.input(data, 50, "squash") == load_input(data, 50, "squash")).all()
    assert decoder.thumbnail(data, 60) == thumbnail(data, 60)


@pytest.mark.parametrize(("name", "data", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_it_refuses_with_the_same_words(decoder, name, data, words):
    with pytest.raises(PhotoRefused) as here:
        images.decode(data, WANTED, decoder_module.DecodeBudget.of(HOSTED))
    with pytest.raises(PhotoRefused) as there:
        decoder.decode(data, WANTED)
    assert there.value.reason == here.value.reason


@pytest.mark.parametrize(("name", "data"), claims.HUGE, ids=[name for name, _ in claims.HUGE])
def test_it_refuses_what_claims_to_be_huge_and_stays_small(decoder, name, data):
    with pytest.raises(PhotoRefused, match="too large"):
        decoder.decode(data, WANTED)
    assert max(each.memory_info().rss for each in processes()) < 120e6


def test_an_unknown_policy_is_told_here(decoder):
    with pytest.raises(ValueError, match="Allowed: squash, center-crop"):
        decoder.input(make_photo(), 32, "stretch")


def test_many_threads_get_their_own_photos(decoder):
    before = {each.pid for each in processes()}  # other tests of this process may have theirs
    photos = [make_photo(seed, (300, 200)) for seed in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: decoder.input(data, 64), photos * 4))
    for data, square in zip(photos * 4, found, strict=True):
        assert (square == load_input(data, 64, "center-crop")).all()
    assert len({each.pid for each in processes()} - before) <= decoder_module.MOST_PROCESSES


def test_processes_start_when_they_are_needed_and_end_when_told():
    before = {each.pid for each in processes()}
    made = PhotoDecoder(HOSTED, 1)
    assert {each.pid for each in processes()} == before
    made.inspect(make_photo())
    (process,) = (each for each in processes() if each.pid not in before)
    assert process.memory_info().rss < 90e6  # NumPy and Pillow, neither pandas nor TensorFlow
    made.close()
    assert not process.is_running()
    assert made.inspect(make_photo()).format == "JPEG"  # and again when they are needed again
    made.close()


def test_one_that_is_killed_in_the_middle_costs_one_photo(large):
    made = PhotoDecoder(HOSTED, 1)
    made.warm_up()
    (process,) = (each for each in processes() if each.pid == made._places.queue[0]._popen.pid)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(made.input, large, 64)
        while process.cpu_times().user < 0.25 and not waiting.done():
            time.sleep(0.01)
        process.kill()
        with pytest.raises(PhotoRefused, match="needs more memory than is free"):  # who else kills without a word
            waiting.result()
    assert made.inspect(make_photo()).format == "JPEG"
    made.close()


def test_one_that_died_idle_costs_nothing():
    made = PhotoDecoder(HOSTED, 1)
    made.inspect(make_photo())
    victim = made._places.queue[0]._popen
    victim.kill()
    victim.wait()
    assert made.inspect(make_photo()).format == "JPEG"
    made.close()


def test_what_takes_too_long_is_refused_and_the_next_photo_works(large):
    made = PhotoDecoder(replace(HOSTED, photo_seconds=0.05), 1)
    made.warm_up()
    with pytest.raises(PhotoRefused, match="takes longer than .* to open; make it smaller"):
        made.decode(large, WANTED)
    made._seconds = 20  # a start takes longer than that, too
    assert made.inspect(make_photo()).format == "JPEG"
    made.close()


READY = "import sys; sys.stdout.buffer.write(bytes([0, 0, 0, 2]) + bytes(8) + b'{}'); sys.stdout.buffer.flush(); "
NONSENSE = {
    "text": (
        "import sys; sys.stdout.write('nonsense ' * 999); sys.stdout.flush(); sys.stdin.read()",
        "damaged so badly",
    ),
    "empty JSON": ("import sys; sys.stdin.buffer.read(12); sys.stdout.buffer.write(bytes(12))", "damaged so badly"),
    "no photo": (r"import sys; sys.stdout.buffer.write(b'\0\0\0\2' + bytes(8) + b'{}')", "damaged so badly"),
    "too much": (r"import sys; sys.stdout.buffer.write(b'\0\0\0\2' + b'\x7f' * 8 + b'{}')", "damaged so badly"),
    "abort": ("import os; os.abort()", "damaged so badly"),
    "crash": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "damaged so badly"),
    "end": ("import sys; sys.exit(0)", "damaged so badly"),
    "hang": ("import time; time.sleep(60)", "takes longer than"),
}


@pytest.mark.parametrize(("program", "words"), NONSENSE.values(), ids=NONSENSE)
def test_a_process_that_talks_nonsense_is_replaced(program, words, monkeypatch, decoder):
    made = PhotoDecoder(replace(HOSTED, photo_seconds=2), 1)
    with monkeypatch.context() as patch:
        patch.setattr(decoder_module, "_PROGRAM", READY + program)
        with pytest.raises(PhotoRefused, match=words):
            made.decode(make_photo(1, (900, 900), quality=100), WANTED)
    assert made.inspect(make_photo()).format == "JPEG"
    made.close()


@pytest.mark.parametrize("program", ["import nothing_of_this_name", "print('hello')", "import os; os.abort()"])
def test_one_that_cannot_start_is_no_fault_of_the_photo(program, monkeypatch):
    monkeypatch.setattr(decoder_module, "_PROGRAM", program)
    with pytest.raises(UserError, match="could not start"):
        PhotoDecoder(HOSTED, 1).inspect(make_photo())
    monkeypatch.setattr(decoder_module.sys, "executable", "/nowhere/python")
    with pytest.raises(UserError, match="could not start"):
        PhotoDecoder(HOSTED, 1).inspect(make_photo())


@ON_LINUX
def test_memory_ends_where_the_limit_is(large, monkeypatch):
    """Were the budget wrong about a picture, the process could still not take more."""
    program = "import sys; sys.path[:] = sys.argv[1:]; from tlcore.data import decode_budget, decoder_process; "
    monkeypatch.setattr(
        decoder_module, "_PROGRAM", program + "decode_budget.check = lambda *_: None; decoder_process.main()"
    )
    made = PhotoDecoder(replace(HOSTED, photo_decoded_mb=10), 1)
    with pytest.raises(PhotoRefused, match="needs more memory than is free|damaged"):
        made.decode(large, WANTED)
    made.close()


def test_of_large_ones_only_one_is_decoded_at_a_time(large):
    made = PhotoDecoder(OWN, 2)
    assert decode_budget.opened_cost(Image.open(BytesIO(large)), large).num_bytes > LARGE_BYTES
    made._large.acquire()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(made.input, large, 64)
        assert made.input(make_photo(), 64).shape == (64, 64, 3)  # a small one goes past it
        assert not waiting.done()
        made._large.release()
        assert (waiting.result() == load_input(large, 64, "center-crop")).all()
    made.close()


def test_the_processes_end_when_the_one_who_asked_is_killed():
    script = (
        "from tests.photos import make_photo; from tlcore.data.decoder import shared_decoder; import os, psutil\n"
        "from tlcore.settings import HOSTED\n"
        "shared_decoder(HOSTED).inspect(make_photo()); print(psutil.Process().children()[0].pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    psutil.wait_procs([psutil.Process(int(done.stdout))] if psutil.pid_exists(int(done.stdout)) else [], timeout=30)
    assert not psutil.pid_exists(int(done.stdout))


def test_the_process_gets_nothing_of_the_environment_but_where_programs_are(monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    made = PhotoDecoder(HOSTED, 1)
    made.inspect(make_photo())
    environment = psutil.Process(made._places.queue[0]._popen.pid).environ()
    assert "SOME_TOKEN" not in environment and environment.get("PATH") == os.environ.get("PATH")
    made.close()


def test_a_process_shares_one_decoder():
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: shared_decoder(HOSTED), range(16)))
    assert len(found) == 1
    assert shared_decoder(OWN) not in found
    assert threading.active_count() < 20  # every clock has ended


def test_a_photo_that_is_shown_large_tells_when_it_was_taken(decoder):
    data = photo({TAKEN: "2024:05:01 10:00:00"})
    assert decoder.decode(data, Wanted(thumbnail_size=64, whole=True)).info.taken == 1714557600.0
    assert decoder.decode(data, Wanted(thumbnail_size=64)).info.taken is None, "only there"
    facts = photo_viewer.facts(ViewerPhoto("a.jpg", bytes), PhotoInfo(4, 3, "JPEG", 1714557600.0))
    assert "<dt>Taken</dt><dd>1 May 2024, 10:00</dd>" in facts
