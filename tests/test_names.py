"""What is moved or renamed is missed here, in seconds, in every file that still asks for it by its old name."""

import pytest

from tests.our_names import OURS, ROOT, missing

MEANT = {"tests/api/test_face.py: tlcore has no trian"}
"""Where a test asks for what is not there to see what it is told."""


def test_every_name_of_our_own_that_a_file_uses_is_there():
    files = [ROOT / f"{top}.py" for top in OURS if (ROOT / f"{top}.py").is_file()]
    files += [path for top in OURS for path in sorted((ROOT / top).rglob("*.py")) if path.name != "test_names.py"]
    found = {f"{path.relative_to(ROOT)}: {each}" for path in files for each in missing(path.read_text("utf-8"))}
    assert len(files) > 600 and found == MEANT


@pytest.mark.parametrize(
    ("source", "found", "reason"),
    [
        ("from tlcore.jobs.store import CHECKPOINT", ["tlcore.jobs.store has no CHECKPOINT"], "a name"),
        ("from tlcore.jobs.store import Run\nfrom tlcore.jobs import store", [], "what is there"),
        ("from tlcore.jobs.stores import Run", ["tlcore.jobs.stores is not there"], "a module"),
        ("import tlcore.jobs.stores", ["tlcore.jobs.stores is not there"], "the whole way to it"),
        ("from tlcore.jobs import store\nstore.CHECKPOINT", ["tlcore.jobs.store has no CHECKPOINT"], "by its module"),
        (
            "import tlcore.jobs.store as kept\nkept.CHECKPOINT",
            ["tlcore.jobs.store has no CHECKPOINT"],
            "a short name",
        ),
        ("import tlcore.jobs.store\ntlcore.jobs.store.X", ["tlcore.jobs.store has no X"], "by its whole name"),
        ("def test():\n from tlcore.jobs import store\n store.X", ["tlcore.jobs.store has no X"], "in a function"),
        ("from tlcore.jobs import store\nstore.create_run.X", [], "what a name itself has"),
        ("from tlcore.jobs import store\ndef test(store): store.X", [], "an argument of the same name"),
        ("from tlcore.jobs import store\n[store.X for store in ()]", [], "a loop's name"),
        ("from tlcore.jobs import store\nclass A:\n def f(self): store.X", ["tlcore.jobs.store has no X"], "a method"),
        ("from tlcore.jobs import store\npatch.setattr(store, 'X', 1)", ["tlcore.jobs.store has no X"], "a patch"),
        ("patch.setattr('tlcore.jobs.store.X', 1)", ["tlcore.jobs.store has no X"], "a patch by its whole name"),
        ("run('import time\\nfrom tlcore.jobs.store import X')", ["tlcore.jobs.store has no X"], "another program"),
        ("say('You can import photos from tlcore.')", [], "words"),
        ("from numpy import nothing\nimport os\nos.nothing", [], "what others keep"),
    ],
)
def test_what_is_not_there_is_found(source, found, reason):
    assert list(missing(source)) == found, reason
