"""Who or what stopped a job."""

import pytest

from tlcore.config import TrainConfig
from tlcore.jobs.store import create_run, request_stop
from tlcore.messages.stops import stopped_message


@pytest.mark.parametrize(
    ("reason", "what", "said"),
    [
        ("", "this training", "You stopped this training."),
        ("owner", "this training", "The person who runs this server stopped this training."),
        ("another", "it", "Somebody it is shared with stopped it."),
        ("SIGTERM", "this training", "This training was shut down from outside the app."),
        ("limit:30", "this training", "This training was stopped after 30 minutes, the time limit on this server."),
        ("limit:1", "it", "It was stopped after 1 minute, the time limit on this server."),
        ("limit:0.5", "it", "It was stopped after 0.5 minutes, the time limit on this server."),
    ],
)
def test_a_person_and_a_limit_are_kept_apart(workspace, reason, what, said):
    run = create_run(workspace, "some-dataset", TrainConfig(), "run")
    request_stop(run, reason)
    assert stopped_message(run, what) == said
