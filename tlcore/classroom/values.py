"""What a classroom is, as values: the classroom, its groups, and what they are asked to do."""

from dataclasses import dataclass, field
from pathlib import Path

from tlcore.classroom.codes import spaced

ENSEMBLE = "ensemble"
"""Among strategies: models that are combined."""


@dataclass(frozen=True)
class Task:
    """What all groups are asked to do; whatever is not set is left to them.

    Attributes:
        text: in the teacher's own words.
        dataset_id: the photos that all groups train on; "": each group brings its own.
        classes: the names that the classes of a group's photos must have.
        photos_per_class: how many photos a class may have at most; 0: no limit.
        strategies: those that a group may choose from, "ensemble" among them; (): all.
        runs: how many trainings a group may start; 0: no limit.
    """

    text: str = ""
    dataset_id: str = ""
    classes: tuple[str, ...] = ()
    photos_per_class: int = 0
    strategies: tuple[str, ...] = ()
    runs: int = 0


@dataclass(frozen=True)
class Classroom:
    """One school class at work, as its `classroom.json` says.

    Attributes:
        code: what groups type to join, without spaces. created: Unix seconds.
        is_open: whether groups can join and work; one at most is open in a workspace.
        is_paused: whether groups are asked to look to the front; nothing that they start is taken until then.
        hidden_test: the id of the data set that every group's model is judged on, which no group sees; "": none yet.
        is_revealed: whether groups see the podium.
        address: of this server for the groups, as the teacher corrected it ("http://192.168.1.20:8501"); "": as found.
        closed: Unix seconds when it was closed, from which a host counts the days that it is kept; 0 while it is open.
    """

    id: str
    folder: Path
    name: str
    code: str
    created: float
    is_open: bool = True
    is_paused: bool = False
    task: Task = field(default_factory=Task)
    hidden_test: str = ""
    is_revealed: bool = False
    address: str = ""
    closed: float = 0.0

    @property
    def spaced_code(self) -> str:
        """The code as people read it aloud: "ABC DEF"."""
        return spaced(self.code)


@dataclass(frozen=True)
class Group:
    """Pupils who work together, on one device or several.

    Attributes:
        visitor: the public name under which all of a group's devices work (tlcore/access.py), so that its photos and
            runs are the group's.
        created: Unix seconds. entry: the id of the run that it hands in; "": its newest finished one.
        area: the id of the upload area that its devices send photos to (contributions.py); "": none yet.
    """

    id: str
    classroom_id: str
    name: str
    visitor: str
    created: float
    entry: str = ""
    area: str = ""
