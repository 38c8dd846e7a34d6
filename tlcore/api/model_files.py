"""A trained model: saved, and exported as what other programs run."""

from os import PathLike
from pathlib import Path

from tlcore.api.model_figures import ModelFigures
from tlcore.api.run_report import write_report
from tlcore.api.saving import save_model
from tlcore.errors import UserError
from tlcore.exports.exporter import Exported, ExportSource, find_kind
from tlcore.exports.exporter import export as make_export
from tlcore.exports.file_names import export_file_name
from tlcore.exports.model_zip import model_file_name
from tlcore.exports.own_score import MAX_LOSS
from tlcore.exports.samples import make_samples
from tlcore.workspace import disk_error


class ModelFiles(ModelFigures):
    """What a model is written to."""

    def save(self, path: str | PathLike[str] | None = None, *, overwrite: bool = False) -> Path:
        """Write the model: `model.tflite`, `labels.txt`, `model.json`, `weights.npz` and a README.

        It is there whole or not at all. A model that is there already is replaced.

        Args:
            path: a zip where the name ends in .zip, else a folder. Folders above it are made. By default a zip called
                after the data set, "leaves-model.zip", in the folder one is in.
            overwrite: replace a file that is no model. A folder with anything else in it is never replaced.

        Returns:
            The path.

        Raises:
            UserError: something else is there, or the disk is full or cannot be written.
        """
        target = Path(self._file_name() if path is None else path).expanduser()
        save_model(self._bundle, self._files, target, overwrite)
        return target

    def _file_name(self) -> str:
        dataset = self.info.get("dataset")
        name = dataset.get("name") if isinstance(dataset, dict) else None
        return model_file_name(name if isinstance(name, str) else "model")

    def export(
        self,
        kind: str,
        path: str | PathLike[str] | None = None,
        *,
        include_photos: bool = False,
        overwrite: bool = False,
        max_loss: float = MAX_LOSS,
        networks: bool = True,
    ) -> Exported:
        """Write the model as what other programs run. Before it is there it is run on five samples, and refused where
        it answers otherwise than the model.

        Args:
            kind: "python", "service", …: a key of `tlcore.exports.exporter.KINDS`; docs/export.md describes each.
            path: where; a kind of several files is a zip where the name ends in .zip, else a folder. By default called
                after the data set and the kind, in the folder one is in.
            include_photos: the samples are test photos of the run, small and without place and time; else drawings.
            overwrite: replace a file or an earlier export.
            max_loss: of "tflite-int8": the share of test photos, 0–1, that it may get wrong beyond those of the model.
            networks: of "project": as of `save_project`.

        Returns:
            `path`, `check`: `photos`, `largest_difference` (in probability, 0–1) and `tolerance`, and `score` of kinds
            with other weights: `correct` and `model_correct` of `total` test photos.

        Raises:
            UserError: there is no such kind, something else is there, a package is missing, the disk is full, the
                export answers otherwise, or loses more than it may.
        """
        if not 0 <= max_loss <= 1:
            raise UserError(f"max_loss is {max_loss:g}.", "Give a share from 0 to 1, such as 0.02 for 2%.")
        chosen, source = find_kind(kind), ExportSource(self._bundle, self._files, networks=networks)
        target = Path(export_file_name(source.name, chosen) if path is None else path).expanduser()
        samples = make_samples(self._bundle, self._files, include_photos)
        return make_export(source, chosen, target, samples, overwrite, max_loss)

    def write_report(self, path: str | PathLike[str] = "report.html") -> Path:
        """Write a report as one HTML file that opens offline and prints well: photos, curves, scores with their likely
        ranges, mistakes, limits. Of a model that was loaded from a file it tells what that brings, which is no photos.

        Args:
            path: where; folders above it are made, and a page that is there already is replaced.

        Returns:
            The path.

        Raises:
            UserError: the model brings no figures, something else is there, or the disk cannot be written.
        """
        target = Path(path).expanduser()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(target, error) from error
        write_report(self._files, self.info, self.config, self.report, target)
        return target
