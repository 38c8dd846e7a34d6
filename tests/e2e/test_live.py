"""The live camera: answers in the browser that are the server's, a frozen picture, photos that join the data set."""

import base64
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.server import FLAGS
from tests.conftest import BROWSER, CAMERA, copy_of
from tests.e2e.test_html_file import EMOJI, LOSSLESS
from tests.e2e.ways import WAIT_MS, open_page, settle, until
from tests.served import serve
from tlcore.data.manifest import Dataset, load_dataset
from tlcore.data.versions import load_current
from tlcore.jobs.store import Run
from tlcore.serving.bundle import load_bundle
from tlcore.serving.dense_head import DenseHead
from tlcore.serving.evidence import head_evidence
from tlcore.serving.predict import ImageClassifier
from tlcore.workspace import Workspace

SHARED = Path(__file__).parents[2] / "pages" / "shared"

FRAME = """video => {
  const size = { width: video.videoWidth, height: video.videoHeight };
  const canvas = Object.assign(document.createElement("canvas"), size);
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
}"""
"""What the camera shows, without loss."""


@pytest.fixture
def filmed(browser: Browser, tmp_path: Path) -> Iterator[Browser]:
    """A browser whose camera films one emoji."""
    with zipfile.ZipFile(EMOJI) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".png"))
        drawing = Image.open(io.BytesIO(archive.read(name))).convert("RGBA").resize((400, 400))
    scene, frame = Image.new("RGB", (640, 480), "white"), io.BytesIO()
    scene.paste(drawing, (120, 40), drawing)
    scene.save(frame, "JPEG", quality=95)
    film = tmp_path / "camera.mjpeg"
    film.write_bytes(frame.getvalue() * 10)
    camera = (*CAMERA, f"--use-file-for-fake-video-capture={film}")
    own = browser.browser_type.launch(executable_path=BROWSER, args=[*FLAGS, *camera])
    yield own
    own.close()


@pytest.fixture
def place(trained, tmp_path) -> Iterator[tuple[str, Workspace, Dataset, Run]]:
    """A server with a copy of the trained model, whose data set a test may change."""
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    with serve(workspace.root, tmp_path / "log.txt") as server:
        yield f"{server.address}/predict?dataset={dataset.id}&run={run.id}", workspace, dataset, run


def shown(page: Page, labels: tuple[str, ...]) -> list[float]:
    """The probabilities that the bars have."""
    rows = page.locator(".live .bars li").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('bdi').textContent, row.querySelector('.fill').style.width])"
    )
    return [float(dict(rows)[label].rstrip("%")) / 100 for label in labels]


def count(page: Page) -> int:
    """How many answers there were."""
    return int(page.locator(".live").get_attribute("data-answers") or 0)


def test_live_answers_are_those_of_the_server_and_photos_join_the_data_set(filmed, place):
    address, workspace, dataset, run = place
    context = filmed.new_context(
        viewport={"width": 390, "height": 844}, permissions=["camera"], reduced_motion="reduce"
    )
    page, errors, sent = context.new_page(), [], []
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda words: errors.append(words.text) if "Content Security" in words.text else None)
    page.on("request", lambda request: sent.append(request.url) if request.method in ("POST", "PUT") else None)
    open_page(page, address)
    page.get_by_text("Use the camera").click()
    expect(page.locator(".live")).to_have_attribute("data-answers", re.compile(r"\d"))
    settle(page)

    expect(page.get_by_role("button", name="Freeze")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".live")).to_have_attribute("data-frozen", "true")
    still = count(page)
    classifier = ImageClassifier(load_bundle(run.folder))
    photo = base64.b64decode(page.locator("video").evaluate(FRAME).partition(",")[2])
    expected = classifier.predict_photo(photo)
    labels = classifier.bundle.labels
    assert shown(page, labels) == pytest.approx([expected.probabilities[label] for label in labels], abs=LOSSLESS)
    words = expected.label if expected.known else "None of these"
    expect(page.locator(".live .answer")).to_contain_text(words)
    page.wait_for_timeout(700)
    assert count(page) == still, "frozen"
    page.get_by_role("button", name="Heat map").click()
    expect(page.locator("canvas.over")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_role("button", name=f"Add this photo to {labels[0]}").click()
    expect(page.locator(".adding .hint")).to_have_text(f"To save: {labels[0]} 1")
    page.get_by_role("button", name="Continue").click()
    until(page, lambda: count(page) > still)
    page.get_by_role("button", name=f"Add this photo to {labels[1]}").click()
    expect(page.locator(".adding .hint")).to_have_text(f"To save: {labels[0]} 1, {labels[1]} 1")
    assert not sent, "no frame leaves the page before it is saved"
    page.get_by_role("button", name="Save 2 photos").click()
    expect(page.get_by_text("Added 2 photos.")).to_be_visible()
    newer = load_current(workspace, dataset.id)
    assert newer.id == f"{dataset.id}@2" and len(newer.photos) == len(dataset.photos) + 2
    before = count(page)
    until(page, lambda: count(page) > before)  # the camera goes on
    settle(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: Added 2 photos.")).to_be_visible()
    assert load_current(workspace, dataset.id).photos.equals(load_dataset(workspace, dataset.id).photos)

    page.get_by_text("Use the camera").click()
    expect(page.locator("video")).to_have_count(0)
    assert not errors, errors[:3]
    context.close()


@pytest.mark.parametrize("hidden", [(), (6,)], ids=["one layer", "a hidden layer"])
def test_the_heat_map_is_that_of_the_server(browser, hidden):
    random = np.random.default_rng(7)
    sizes = (5, *hidden, 3)  # features, units, classes
    layers = tuple(
        (random.normal(size=(after, before)).astype(np.float32), random.normal(size=after).astype(np.float32))
        for before, after in zip(sizes, sizes[1:])
    )
    feature_map = random.uniform(size=(2, 4, 5)).astype(np.float32)
    wanted = head_evidence(DenseHead(layers, True, b""), [feature_map])
    page = browser.new_page()
    page.add_script_tag(
        content=(SHARED / "heat_map.js").read_text("utf-8")
        + "Object.assign(globalThis, { layersOf, evidenceOf, heatOf });"
    )
    numbers = np.concatenate([part.ravel() for layer in layers for part in layer])
    shapes = [weights.shape for weights, _ in layers]
    given = page.evaluate(
        """([numbers, shapes, map, shape]) => {
            const values = evidenceOf(layersOf(Float32Array.from(numbers), shapes), Float32Array.from(map), shape);
            return [[...values], [0, 1, 2].map((label) => [...heatOf(values, label, 8)])];
        }""",
        [numbers.tolist(), shapes, feature_map.ravel().tolist(), feature_map.shape],
    )
    page.close()
    np.testing.assert_allclose(given[0], wanted.values.ravel(), atol=1e-4)
    np.testing.assert_allclose(given[1], [wanted.heat_map(label).ravel() for label in range(3)], atol=1e-4)
