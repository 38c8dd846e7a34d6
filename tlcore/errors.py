"""The one error that is meant for a person; everything else that is raised is a bug."""

from importlib.util import find_spec


class UserError(Exception):
    """Something a person gave or has can't be used.

    Args:
        what: one sentence: what was received, and what is wrong with it.
        fix: one sentence: what is allowed, and what to do next.

    Attributes:
        reasons: sentences with all that led to it, where that is more than `what` can say.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what} {fix}".strip())
        self.what = what
        self.fix = fix
        self.reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (self.what, *self.reasons, self.fix)))


class TooFewPhotos(UserError):
    """Some classes have too few photos, and a data set could be made without them.

    Args:
        classes: their names.
    """

    def __init__(self, what: str, fix: str, classes: tuple[str, ...]) -> None:
        super().__init__(what, fix)
        self.classes = classes


def require_package(module: str, name: str, purpose: str, extra: str) -> None:
    """Before something is done that needs a package beyond the core.

    Args:
        module: what is imported. name: what people call it. purpose: what needs it, the beginning of a sentence.
        extra: the extra of this package that brings it.

    Raises:
        UserError: it is not installed; the sentence says how to.
    """
    if find_spec(module) is None:
        raise UserError(
            f"{purpose} needs {name}, which is not installed.", f"Install it with: pip install 'transferlab[{extra}]'"
        )
