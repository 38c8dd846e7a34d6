"""The one error that is meant for a person; everything else that is raised is a bug."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class LayoutChoice:
    """One way to read a folder or an archive, as a person is asked about it. All values are plain (JSON).

    Attributes:
        key: what `layout` is set to for this reading; stable for the same files.
        labels_from: "folders", "names" (of files), "table" or "annotations" (of an export for object detection).
        basis: more exactly, one of the keys of tlcore/messages/layouts.py, which has the sentences.
        file: the table or folder that it rests on, "" for none. column: of a table, "" elsewhere.
        names_file: the file that has the names of classes which are called by ids, "" for none.
        ignores_case: whether Cats in one part and cats in another are one class.
        num_photos: files that would be read as photos. num_left_out: all others.
        num_classes: how many classes there are.
        classes: label and number of photos of each, in the order of the labels; of many only the first hundred.
        parts: "train", "validation" and "test" with the number of photos in each; empty where it says nothing of parts.
        examples: shown path and label of up to nine photos, of as many classes as possible.
    """

    key: str
    labels_from: str
    basis: str
    num_photos: int
    num_left_out: int
    num_classes: int
    classes: tuple[tuple[str, int], ...]
    parts: tuple[tuple[str, int], ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    file: str = ""
    column: str = ""
    names_file: str = ""
    ignores_case: bool = False

    def __post_init__(self) -> None:
        for name in ("classes", "parts", "examples"):  # JSON knows no tuples
            object.__setattr__(self, name, tuple(tuple(pair) for pair in getattr(self, name)))


class UndecidedLayout(UserError):
    """Photos can be read in several ways, or in one that a person has to confirm; `layout` decides which.

    Args:
        choices: the ways, the likeliest first.

    Attributes:
        pictures: makes small pictures (JPEG or PNG) of the examples that the choices name, by their shown paths. It
            reads the photos when it is called; without what they come from it gives none.
    """

    def __init__(self, what: str, fix: str, choices: tuple[LayoutChoice, ...]) -> None:
        super().__init__(what, fix)
        self.choices = choices
        self.pictures: Callable[[], Mapping[str, bytes]] = dict


@dataclass(frozen=True)
class EncodingChoice:
    """A way to read the names in an archive.

    `encoding`: what `encoding` is set to for it, Python's name; `title`: what people call it; `names`: some folders, as
    they would be called.
    """

    encoding: str
    title: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))  # JSON knows no tuples


class UndecidedEncoding(UserError):
    """The names in an archive can be read in several ways; `encoding` decides which.

    Args:
        choices: the ways, the likeliest first.
    """

    def __init__(self, what: str, fix: str, choices: tuple[EncodingChoice, ...]) -> None:
        super().__init__(what, fix)
        self.choices = choices


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
