"""The command `doctor`: people and programs are told the same, and nothing is measured unasked."""

import json

from tests.models.test_runtimes import ON_OPENVINO
from tlcore.cli.main import main
from tlcore.models.runtime_memory import Measured, recall, remember
from tlcore.workspace import open_workspace


def test_the_machine_and_what_was_measured_on_it(tmp_path, capsys):
    given = ["--workspace", str(tmp_path)]
    assert main(["doctor", *given]) == 0
    text = capsys.readouterr().out
    assert "No network has been measured on this computer yet." in text and "Processor: " in text and " core" in text
    remember(open_workspace(tmp_path), "net, 224 px, pooled", Measured(ON_OPENVINO, ON_OPENVINO))
    assert main(["doctor", *given]) == 0
    text = capsys.readouterr().out
    assert "net, 224 px, pooled: OpenVINO, 200 photos/s (LiteRT 100), equal to 0e+00" in text
    assert main(["doctor", "--json", *given]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["networks"]["net, 224 px, pooled"]["exact"]["rate"] == 200
    assert values["packages"]["ai-edge-litert"] in text and str(values["processor"]["cores"]) in text
    assert values["lower_precision"] in ("", "bf16", "f16")


def test_the_built_in_network_can_be_measured(tmp_path, capsys):
    assert main(["doctor", "--measure", "--json", "--workspace", str(tmp_path)]) == 0
    networks = json.loads(capsys.readouterr().out)["networks"]
    found = recall(open_workspace(tmp_path), "efficientnet-lite0, 224 px, pooled")
    assert (found is None) == (networks == {}), "without another runtime there is nothing to choose from"
