"""What a button's callback is refused is said on the page, by its fragment too, and never as a bug."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import copy_of
from tlcore import access
from tlcore.data import incoming
from tlcore.workspace import read_json, write_json


def page(in_fragment: bool) -> None:
    import streamlit as st

    from pages.shared import actions, chrome
    from tlcore.errors import UserError

    def refused() -> None:
        with actions.refusals_kept():
            raise UserError("3 runs of yours wait, as many as are allowed here.", "Wait until one has ended.")

    @chrome.errors_shown()
    def part() -> None:
        st.button("Restart", on_click=refused)

    st.fragment(part)() if in_fragment else part()


@pytest.mark.parametrize("in_fragment", [False, True])
def test_a_refusal_in_a_callback_is_said_once(in_fragment):
    at = AppTest.from_function(page, args=(in_fragment,)).run()
    at.button[0].click().run()
    assert not at.exception and "as many as are allowed" in at.error[0].value
    assert not at.run().error


def editing_page(dataset_id: str, names: tuple[str, ...]) -> None:
    import streamlit as st

    from pages.shared import actions, state
    from tlcore.errors import UserError

    dataset = state.dataset_of(dataset_id)
    paths = list(dataset.photos["path"][dataset.photos["label"] == dataset.labels[0]])
    given = {
        "relabel": (paths[:1], dataset.labels[1]),
        "rotate": (paths[1:2], 90),
        "leave_out": (paths[1:2],),
        "rename_class": (dataset.labels[1], "other"),
        "delete_photos": (paths[1:2],),
        "delete_class": (dataset.labels[2],),
        "go_to": (dataset.id.split("@")[0],),
    }
    for name in names:
        try:
            newer = getattr(actions, name)(dataset, *given.get(name, ()))
            st.write(f"done: {newer.id}" if newer else "not allowed")
        except UserError as error:
            st.write(f"refused: {error.what}")


PAST_THE_LIMIT = [
    (("relabel",), "refused", "its line stays in the log"),
    (("rename_class",), "refused", "the same"),
    (("leave_out",), "refused", "the photo stays on the disk"),
    (("rotate",), "refused", "it writes a file as well"),
    (("delete_photos",), "done", "it makes room"),
    (("delete_class",), "done", "it makes room"),
    (("delete_photos", "undo", "redo"), "done", "no line is written"),
    (("delete_photos", "go_to"), "done", "no line is written"),
]


@pytest.mark.parametrize(("names", "expected", "reason"), PAST_THE_LIMIT)
def test_past_the_limit_a_visitor_can_still_delete_and_go_back(
    trained, tmp_path, monkeypatch, stranger, names, expected, reason
):
    workspace, dataset, _ = copy_of(trained, tmp_path / "home")
    monkeypatch.setenv("TRANSFERLAB_HOME", str(workspace.root))
    stranger(workspace, {})
    note, visitor = dataset.folder / "dataset.json", access.visitor_name(access.new_secret())
    write_json(note, read_json(note) | {"visitor": visitor})
    (workspace.root / "settings.toml").write_text("visitor_mb = 0.001")
    (workspace.incoming / incoming.new_incoming(workspace, visitor) / "0.jpg").write_bytes(b"0" * 2_000)
    at = AppTest.from_function(editing_page, args=(dataset.id, names), default_timeout=30).run()
    said = [each.value for each in at.markdown]
    assert not at.exception and [each.split(":")[0] for each in said] == [expected] * len(names), (reason, said)
    assert all("no room for more changes" in each for each in said if expected == "refused"), said
