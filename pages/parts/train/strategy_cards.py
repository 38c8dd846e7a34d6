"""The choice of the strategy: four cards, each with a picture of what is frozen and what trains.

The pictures are drawn by style.css (a bar a part of the network, the head last) and only repeat the words below them.
"""

import streamlit as st

from pages.parts.train import settings_form
from pages.shared import strategies
from tlcore.config import STRATEGIES, TrainConfig

SENTENCES = {
    "feature-extraction": "Keep the network frozen and train a new head. Fastest, good with few photos.",
    "hybrid": "Train the head first, then fine-tune the top of the network.",
    "fine-tuning": "Train the head, then fine-tune the whole network. Best with many photos.",
    "scratch": "Start from random weights, for comparison. Needs by far the most photos.",
}
"""What a strategy does and when it is right, short enough for a card."""


def choose(config: TrainConfig, recommended: str | None) -> None:
    """The four cards; the one that is recommended says so.

    Args:
        recommended: a strategy; None as long as there is no recommendation.
    """
    place, index = (
        list(STRATEGIES).index(recommended) + 1 if recommended else 0,
        list(STRATEGIES).index(config.strategy),
    )
    # As a style: a new label would redraw the cards under the finger.
    card = f'.st-key-setting_strategy [role="radiogroup"] > div:nth-child({place})'
    st.html(f'<style>{card} {{ --tl-badge: "Recommended"; }}</style>')
    st.radio(
        options=list(STRATEGIES),
        format_func=strategies.name,
        captions=[SENTENCES[strategy] for strategy in STRATEGIES],
        **settings_form.widget_options("strategy", config.strategy, tuple(STRATEGIES), {"index": index}),
    )
    st.html(
        '<p class="tl-legend"><i></i>trains<i class="tl-random-mark"></i>trains from random weights'
        '<i class="tl-frozen-mark"></i>frozen</p>'
    )
