"""The part of a report that is about the training: strategy and settings in words, curves, and how to do it again."""

from tlcore.config import STRATEGIES
from tlcore.documents import drawings
from tlcore.documents.facts import Facts
from tlcore.documents.markup import Markup, bullets, element, join, paragraph, section, table
from tlcore.evaluation.overfitting import best_epoch
from tlcore.messages.curve_warnings import curve_warning_message
from tlcore.messages.ensembles import MEMBER_COLUMNS, ensemble_command, ensemble_message, member_rows
from tlcore.messages.flip_hints import trained_flip_message
from tlcore.messages.mixed_precision import mixed_precision_message
from tlcore.messages.quantities import count, format_seconds
from tlcore.messages.run_report import NO_CURVES, TWICE, settings_table, train_command
from tlcore.models.backbones import known_title


def training_section(facts: Facts) -> Markup:
    """What was trained and how, its curves, and what these warn of."""
    config, epochs = facts.config, facts.epochs
    if words := ensemble_message(facts.info):
        return ensemble_section(facts, words)
    network = known_title(config.backbone)
    settings = element(
        "details",
        join([element("summary", "All settings"), table("Settings", ("Setting", "Value"), settings_table(config))]),
        open="open",
    )
    strategy = f"{STRATEGIES[config.strategy]} Network: {network}, photos at {config.image_size} × {config.image_size}."
    mirroring = [trained_flip_message(flip, bool(getattr(config, flip.change))) for flip in facts.flips]
    if not epochs:
        return section("Training", paragraph(strategy), paragraph(NO_CURVES), bullets(mirroring), settings)
    kept = best_epoch(epochs)
    place = [end.epoch for end in epochs].index(kept.epoch) + 1
    seconds = sum(end.seconds for end in epochs)
    words = f"{count(len(epochs), 'epoch')} in {format_seconds(seconds)}; epoch {kept.epoch} was kept (dotted line)."
    words = f"{words} {mixed_precision_message(epochs)}".strip()
    loss = (
        drawings.training_curve([end.loss for end in epochs]),
        drawings.validation_curve([e.val_loss for e in epochs]),
    )
    right = (
        drawings.training_curve([end.accuracy for end in epochs]),
        drawings.validation_curve([end.val_accuracy for end in epochs]),
    )
    figures = [drawings.curves("Correct", right, place, True), drawings.curves("Loss", loss, place, False)]
    warnings = [str(curve_warning_message(warning)) for warning in facts.curve_warnings] + mirroring
    return section(
        "Training",
        paragraph(strategy),
        paragraph(words),
        element("div", join(figures), class_="pair"),
        bullets(warnings, "warned"),
        settings,
    )


def ensemble_section(facts: Facts, words: str) -> Markup:
    """What an ensemble combines, in place of a training."""
    members = table("Models", MEMBER_COLUMNS, member_rows(facts.info))
    return section(f"Ensemble of {count(len(member_rows(facts.info)), 'model')}", paragraph(words), members)


def making_section(facts: Facts) -> Markup:
    """Versions, seed, licence and commands: what it takes to do it once more."""
    info, config = facts.info, facts.config
    rows = [("Run", facts.run_id), ("Seed", str(config.seed))]
    versions = info.get("versions")
    rows += [(str(name), str(version)) for name, version in versions.items()] if isinstance(versions, dict) else []
    several = info.get("backbones")  # an ensemble's
    for backbone in several if isinstance(several, list) else [info.get("backbone")]:
        if isinstance(backbone, dict):
            licence = " · ".join(str(backbone[key]) for key in ("licence", "source") if backbone.get(key))
            rows += [(f"Network {known_title(str(backbone.get('name', '')))}", licence)]
    if facts.dataset is not None:
        rows += [("Data set", facts.dataset.id), ("Fingerprint of the photos", facts.dataset.fingerprint)]
    dataset = facts.dataset.id if facts.dataset is not None else "DATASET"
    commands = [
        ensemble_command(info) or train_command(dataset, config),
        f"transferlab evaluate {facts.run_id}",
        f"transferlab report {facts.run_id} --out report.html",
    ]
    return section(
        "How it was made",
        paragraph(TWICE),
        table("Versions and licence", ("What", "Value"), rows),
        paragraph("To do it once more, in a terminal:"),
        element("pre", element("code", "\n".join(commands))),
    )
