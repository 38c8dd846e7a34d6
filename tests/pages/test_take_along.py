"""The exports on Evaluate and Predict: asked for with a press, made by a job, offered with what its check found."""

from pages.shared import actions
from tests.conftest import copy_of
from tests.pages.conftest import with_exports_open, words
from tlcore.data import edits
from tlcore.exports.export_job import WHAT, export_options, load_export
from tlcore.exports.exporter import KINDS
from tlcore.jobs.store import analysis_job
from tlcore.serving.bundle import load_bundle, write_bundle
from tlcore.worker.runner import run_job

KIND = KINDS["tflite-float16"]


def downloads(at) -> list[str]:
    return [each.proto.label for each in at.get("download_button")]


def test_one_press_asks_for_it_and_its_check_stands_beside_the_download(visit, trained, queue, tmp_path):
    workspace, _, run = copy_of(trained, tmp_path / "home")
    at = visit("predict", workspace, run=run.id)
    assert "Python and three small packages" not in words(at), "drawn only when somebody opens it"
    at = with_exports_open(at)
    assert "Python and three small packages" in words(at) and "Download LiteRT with 16 bits" not in downloads(at)
    at.button(key=f"make_{KIND.key}").click().run()
    (job,) = queue.jobs
    assert job.spec == {"run": run.id, "what": WHAT, "options": {"kind": KIND.key, "include_photos": False}}

    assert run_job(workspace, job).type == "finished"
    at = with_exports_open(visit("predict", workspace, run=run.id))
    assert "Download LiteRT with 16 bits" in downloads(at)
    assert "Checked on 5 drawings: answers within 0.0" in words(at) and "Correct on the test photos: " in words(at)

    at.checkbox(key="export_photos").check().run()
    assert "Download LiteRT with 16 bits" not in downloads(at), "it was made without photos"


def test_what_was_made_of_another_model_is_not_offered(trained, tmp_path):
    workspace, _, run = copy_of(trained, tmp_path / "home")
    assert run_job(workspace, analysis_job(workspace, run, WHAT, export_options(KIND, False))).type == "finished"
    assert load_export(workspace, run, KIND, export_options(KIND, False)) is not None
    info = run.folder / "bundle" / "model.json"
    model = (run.folder / "bundle" / "model.tflite").read_bytes()
    bundle = load_bundle(run.folder)
    write_bundle(info.parent, type(bundle)(model + b"\0\0\0\0", bundle.labels, bundle.info))
    assert load_export(workspace, run, KIND, export_options(KIND, False)) is None


def test_who_only_looks_is_offered_no_work(visit, trained, stranger):
    workspace, _, run = trained
    stranger(workspace, {run.id: "see"})
    at = with_exports_open(visit("predict", workspace, run=run.id))
    assert "make_python" not in [button.key for button in at.button]


def test_the_whole_project_is_offered_to_its_maker(visit, trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    options = export_options(KINDS["project"], False)
    assert run_job(workspace, analysis_job(workspace, run, WHAT, options)).type == "finished"
    assert "Download Whole project" in words(with_exports_open(visit("predict", workspace, run=run.id)))
    assert "Save project" in words(visit("data", workspace, dataset=dataset.id))


def test_the_whole_project_is_for_nobody_else(visit, trained, stranger, queue):
    workspace, dataset, run = trained
    stranger(workspace, {run.id: "act", dataset.id: "see"})
    at = with_exports_open(visit("predict", workspace, run=run.id))
    assert "make_python" in [button.key for button in at.button], "who may change it may take the model"
    assert "make_project" not in [button.key for button in at.button]
    assert "Save project" not in words(visit("data", workspace, dataset=dataset.id))
    actions.analyse(run, WHAT, export_options(KINDS["project"], False))
    assert not queue.jobs, "nor by a message that no button sends"
    actions.analyse(run, WHAT, export_options(KINDS["python"], False))
    assert len(queue.jobs) == 1


def test_a_project_is_made_again_when_there_is_more_in_it(trained, tmp_path):
    workspace, dataset, run = copy_of(trained, tmp_path / "home")
    options = export_options(KINDS["project"], False)
    assert run_job(workspace, analysis_job(workspace, run, WHAT, options)).type == "finished"
    assert load_export(workspace, run, KINDS["project"], options) is not None
    edits.rename_class(workspace, dataset, dataset.labels[0], "another name")
    assert load_export(workspace, run, KINDS["project"], options) is None
