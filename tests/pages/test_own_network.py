"""Bring your own network on the Train page: read, decided on, chosen, deleted, and nobody else's."""

import pytest

from pages.shared import actions, state
from tests.conftest import finish
from tests.networks.small import SIDE, small_tflite
from tests.pages.conftest import buttons, words
from tlcore.data import incoming
from tlcore.data.ingest import ingest_folder
from tlcore.errors import UserError
from tlcore.jobs.status import job_status
from tlcore.jobs.store import create_addition, list_jobs
from tlcore.models.imported.candidate import Choices
from tlcore.models.imported.stored import find_network, list_networks
from tlcore.networks.addition import decide, read_examined
from tlcore.worker.runner import run_job

TITLE = "<b>Leaf</b> *net*"

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(scope="module")
def data() -> bytes:
    """A network's file, without its scaling."""
    return small_tflite(scaled=False)


@pytest.fixture
def place(workspace, small_folder):
    """A workspace with a data set."""
    return workspace, finish(ingest_folder(workspace, small_folder))[1]


@pytest.fixture
def uploaded(place, data):
    """A job whose file was uploaded, as the page makes it, and read."""
    workspace, dataset = place

    def make(visitor: str = ""):
        area = incoming.new_incoming(workspace, visitor)
        incoming.add_file(workspace, area, "my leaf net.tflite", data, None)
        spec = {"area": area, "photos": dataset.id}
        job = create_addition(workspace, "my leaf net.tflite", spec, visitor)
        run_job(workspace, job)
        return job

    return make


def test_what_was_read_is_shown_changed_and_kept(visit, queue, place, uploaded):
    workspace, dataset = place
    job = uploaded()
    assert read_examined(job) is not None and job_status(job).finished.result == ""
    at = visit("train", workspace, dataset=dataset.id)
    said = words(at)
    assert "my leaf net.tflite is a LiteRT network" in said and "feature extraction only" in said
    assert at.number_input(key="network_size").value == SIDE
    assert at.selectbox(key="network_embedding").options[0].endswith("(8 × 8 places, 12 features)")
    assert "on your photos" in said.lower(), "where the scaling comes from"
    at.text_input(key="network_name").set_value(TITLE)
    at.selectbox(key="network_scaling").select("torch")
    at.button(key="network_add").click().run()
    assert not at.exception and [each.id for each in queue.jobs] == [job.id]
    run_job(workspace, job)
    (network,) = list_networks(workspace)
    assert network.choices["scaling"] == "torch" and network.proposed["scaling"]["basis"] == "person"
    at = visit("train", workspace, dataset=dataset.id)
    assert not job.folder.exists() and at.radio(key="setting_backbone").value == network.id, "it is chosen at once"
    assert at.radio(key="setting_strategy").options == ["Feature extraction"]
    assert network.spec.title == "b Leaf /b net" and "<b>Leaf" not in words(at), (
        "no title is markup, wherever it stands"
    )
    assert not at.exception


def test_a_refusal_is_said_and_goes(visit, place):
    workspace, dataset = place
    area = incoming.new_incoming(workspace)
    incoming.add_file(workspace, area, "cats.tflite", b"nothing", None)
    job = create_addition(workspace, "cats.tflite", {"area": area})
    run_job(workspace, job)
    at = visit("train", workspace, dataset=dataset.id)
    assert "is not a LiteRT file, or it is damaged" in words(at)
    at.button(key="network_dismiss").click().run()
    assert not job.folder.exists() and not (workspace.incoming / area).exists() and not at.exception


def test_strangers_neither_see_nor_touch_it(visit, stranger, queue, place, uploaded):
    workspace, dataset = place
    job = uploaded("a" * 32)
    decide(job, Choices(scaling="0..1"), "Secret net", "")
    run_job(workspace, job)
    (network,) = list_networks(workspace)
    stranger(workspace, {dataset.id: "see"})
    at = visit("train", workspace, dataset=dataset.id)
    assert "Secret net" not in words(at) and network.id not in at.radio(key="setting_backbone").options
    assert "network_path_go" not in {button.key for button in at.button}, "paths are the owner's alone"
    at.session_state["own_settings"] = {"backbone": network.id}
    at.run()
    assert at.radio(key="setting_backbone").value != network.id, "a name is no key"
    assert "Train" in buttons(at)


@pytest.mark.parametrize("spec", [{"path": "/etc/passwd"}, {"url": "https://a.org/x.keras"}])
def test_forged_orders_are_refused(visit, stranger, queue, place, spec, monkeypatch):
    workspace, _ = place
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    monkeypatch.setattr(state, "is_owner", lambda: False)
    monkeypatch.setattr(state, "maker", lambda: "b" * 32)
    with pytest.raises(UserError, match="Only the owner"):
        actions.add_network(spec, "x")
    area = incoming.new_incoming(workspace, "a" * 32)
    monkeypatch.setattr(state, "may_act", lambda thing: thing.visitor == "b" * 32)
    with pytest.raises(UserError, match="uploads are gone"):
        actions.add_network({"area": area}, "x")
    assert not queue.jobs and not list_jobs(workspace.additions)
    assert find_network(workspace, "../../etc") is None
