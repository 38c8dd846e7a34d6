"""A model that the server's cache has let go is gone: nothing that a visit leaves behind holds it (30 MB each)."""

import gc
import weakref

import pytest
import streamlit as st

from pages.shared import predictions

USES = {
    "one photo": ("predict", {}, 0, 1),
    "several photos": ("predict", {}, 0, 3),
    "photos of other things": ("evaluate", {"view": "trust"}, "unknown_photos", 2),
}


@pytest.mark.parametrize(("page", "query", "uploader", "number"), USES.values(), ids=USES)
def test_what_streamlit_keeps_of_a_visit_holds_no_model(visit, trained, monkeypatch, page, query, uploader, number):
    """It keeps the functions that run on their own, and what stands in the session, minutes longer than the tab."""
    workspace, dataset, run = trained
    kept, real = [], st.fragment

    def fragment(function, **settings):
        kept.append(function)
        return real(function, **settings)

    monkeypatch.setattr(st, "fragment", fragment)
    at = visit(page, workspace, run=run.id, **query)
    photos = [(f"{place}.png", dataset.read(path), "image/png") for place, path in enumerate(dataset.photos["path"])]
    found = at.file_uploader[uploader] if isinstance(uploader, int) else at.file_uploader(key=uploader)
    found.set_value(photos[:number]).run()
    assert not at.exception and kept
    model = weakref.ref(predictions.model_of(run))
    predictions._model.clear()
    gc.collect()
    assert model() is None
