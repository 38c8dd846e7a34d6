"""The one error that is meant for a person; everything else that is raised is a bug."""


class UserError(Exception):
    """Something a person gave or has can not be used as it is.

    Args:
        what: one sentence: what was received, and what is wrong with it.
        fix: one sentence: what is allowed, and what to do next.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what} {fix}".strip())
        self.what = what
        self.fix = fix
