"""Whether what somebody wants to import is a project, which is opened and not read as photos."""

from pathlib import Path

from tlcore.data import incoming
from tlcore.errors import UserError
from tlcore.jobs.store import ImportSpec
from tlcore.projects.file import is_project
from tlcore.workspace import Workspace


def project_to_open(workspace: Workspace, spec: ImportSpec) -> tuple[Path, str] | None:
    """The project file that an import is about, and what it is called; None where it is about photos.

    Raises:
        UserError: there is a project among other uploads, or it is to be added to a data set.
    """
    if spec.kind == "folder":
        path = Path(spec.value).expanduser()
        return (path, path.name) if path.is_file() and is_project(path) else None
    if spec.kind != "incoming":
        return None
    uploads = incoming.list_uploads(workspace, spec.value)
    places = [(incoming.file_path(workspace, spec.value, each.number), each.name) for each in uploads]
    projects = [each for each in places if is_project(each[0])]
    if not projects:
        return None
    if len(places) > 1 or spec.base is not None:
        raise UserError(
            f"“{projects[0][1]}” is a project, and can’t be added to other photos.",
            "Remove everything else, or choose “Choose other photos” and open it there.",
        )
    return projects[0]
