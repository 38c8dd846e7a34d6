"""QR codes on pages."""

import re
from urllib.parse import unquote

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import qr

LINK = "https://demo.example.org/train?run=run-0123456789abcdef&key=" + "k" * 32


def _svg(markup: str) -> str:
    return unquote(re.search(r'src="data:image/svg\+xml;charset=utf-8,([^"]+)"', markup)[1])


def test_a_code_is_black_on_white_with_a_quiet_zone_in_any_theme():
    svg = _svg(qr.markup(LINK, "QR code"))
    size = int(re.search(r"viewBox='0 0 (\d+) ", svg)[1])
    assert "fill='#fff'" in svg and f"M0 0h{size}v{size}" in svg, "white behind all of it"
    assert "stroke='#000'" in svg
    first = re.search(r"class='qrline'.* d='M(\d+) ([\d.]+)", svg)
    assert (int(first[1]), float(first[2])) == (qr.QUIET_MODULES, qr.QUIET_MODULES + 0.5), "four modules stay white"


@pytest.mark.parametrize("alt", ['"><script>alert(1)</script>', "Link to “Cats & dogs”"])
def test_what_it_is_for_is_said_to_those_who_do_not_see_it(alt):
    markup = qr.markup(LINK, alt)
    assert "<script>" not in markup and markup.count("<img") == 1 and ' alt="' in markup


def test_every_address_has_a_code_of_its_own():
    assert qr.markup(LINK, "a") == qr.markup(LINK, "a") != qr.markup(LINK + "x", "a")


def test_it_stands_on_a_page():
    def page() -> None:
        from pages.shared import qr

        qr.show("https://demo.example.org/", "QR code")

    test = AppTest.from_function(page).run()
    assert not test.exception and 'alt="QR code"' in test.get("html")[0].proto.body
