"""The pages are driven here as in their own tests."""

from tests.pages.conftest import no_collecting_of_garbage, no_search_for_components, queue, visit  # noqa: F401 - fixtures
