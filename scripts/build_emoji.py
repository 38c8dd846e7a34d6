"""Make the built-in emoji set, tlcore/assets/emoji/emoji.zip, out of two packages of npm.

    npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0
    python scripts/build_emoji.py emoji-datasource-google-16.0.0.tgz emoji-datasource-twitter-16.0.0.tgz

The pictures are copied byte for byte; the archive is the same on every machine (fixed order and times, not packed).
An entry is CLASS/CODE-POINTS-FAMILY.png: the two drawings of one emoji share what stands before the last hyphen.
"""

import json
import sys
import tarfile
import zipfile
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tlcore" / "assets" / "emoji" / "emoji.zip"
FAMILIES = {"google": "noto", "twitter": "twemoji"}
MAX_EMOJI = 90
"""Emoji a class, so that no class drowns the others; every class gives as many drawings twice."""

CLASSES = {
    "animals": ("animal-amphibian", "animal-bird", "animal-bug", "animal-mammal", "animal-marine", "animal-reptile"),
    "buildings": ("place-building", "place-religious"),
    "clothing": ("clothing",),
    "faces": (
        "face-affection",
        "face-concerned",
        "face-glasses",
        "face-hand",
        "face-hat",
        "face-negative",
        "face-neutral-skeptical",
        "face-sleepy",
        "face-smiling",
        "face-tongue",
        "face-unwell",
    ),
    "food": ("drink", "food-asian", "food-fruit", "food-prepared", "food-sweet", "food-vegetable"),
    "hands": (
        "hand-fingers-closed",
        "hand-fingers-open",
        "hand-fingers-partial",
        "hand-prop",
        "hand-single-finger",
        "hands",
    ),
    "vehicles": ("transport-air", "transport-ground", "transport-water"),
}
LEFT_OUT = {
    # Unicode counts these among vehicles, buildings, clothes, faces or animals; a person would not.
    "anchor",
    "barrier",
    "busstop",
    "construction",
    "fuelpump",
    "motorway",
    "octagonal_sign",
    "oil_drum",
    "railway_track",
    "ring_buoy",
    "rotating_light",
    "seat",
    "traffic_light",
    "vertical_traffic_light",
    "wheel",
    "feet",
    "feather",
    "spider_web",
    "coral",
    "shell",
    "wing",
    "gem",
    "lipstick",
    "prayer_beads",
    "nail_care",
    "bricks",
    "rock",
    "wood",
    "hair_pick",
    "folding_hand_fan",
    "skull",
    "skull_and_crossbones",
    # not for a classroom
    "middle_finger",
}


def main(google: Path, twitter: Path) -> None:
    """Write the archive and say what is in it."""
    pictures = {"google": read_package(google, "google"), "twitter": read_package(twitter, "twitter")}
    table = json.loads(pictures["google"]["emoji.json"])
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_STORED) as archive:
        for label, subcategories in CLASSES.items():
            chosen = choose(table, subcategories)
            for emoji in chosen:
                for package, family in FAMILIES.items():
                    name = f"{label}/{emoji['unified'].lower()}-{family}.png"
                    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                    archive.writestr(entry, pictures[package][emoji["image"]])
            print(f"{label:10} {len(chosen)} emoji, {2 * len(chosen)} pictures")
    print(f"{TARGET} {TARGET.stat().st_size / 1e6:.2f} MB")


def read_package(path: Path, family: str) -> dict[str, bytes]:
    """The pictures of 64 × 64 pixels by name, and emoji.json."""
    found = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if member.isreg() and (folder == f"package/img/{family}/64" or member.name == "package/emoji.json"):
                found[name] = archive.extractfile(member).read()
    return found


def choose(table: list[dict], subcategories: tuple[str, ...]) -> list[dict]:
    """The emoji of a class that both families draw, evenly picked over the standard order where there are too many."""
    fitting = sorted(
        (
            emoji
            for emoji in table
            if emoji["subcategory"] in subcategories
            and emoji["has_img_google"]
            and emoji["has_img_twitter"]
            and not LEFT_OUT & set(emoji["short_names"])
        ),
        key=lambda emoji: emoji["sort_order"],
    )
    if len(fitting) <= MAX_EMOJI:
        return fitting
    return [fitting[position * len(fitting) // MAX_EMOJI] for position in range(MAX_EMOJI)]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
