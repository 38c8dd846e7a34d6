"""Further columns of a table: which are kept, that they stay with the photos, and that they are offered as groups."""

import pytest

import tlcore
from tests.data.layout_cases import paths, read, source_files, table
from tests.photos import make_photo, write_files
from tlcore.cleaning.groups import named_groups, propose_groupings
from tlcore.data.layout import read_layout
from tlcore.data.table_columns import COLUMN, MOST_COLUMNS
from tlcore.errors import UserError

SITES = ("north", "south", "east", "west")


def columns_of(header: str, rows: list[str], photos: list[str], layout: str = "") -> dict[str, list[str]]:
    """The values of each column that is kept, in the order of the photos."""
    found = read_layout("x", source_files(photos, {"labels.csv": table(rows, header)}), (), read, layout)
    kept: dict[str, list[str]] = {}
    for each in sorted(found.placed, key=lambda each: int(each.file.parts[-1].partition(".")[0])):
        for name, value in each.columns:
            kept.setdefault(name, []).append(value)
    return kept


@pytest.mark.parametrize(
    ("header", "value", "kept", "reason"),
    [
        ("file,label,site", lambda n: SITES[n % 4], {"site"}, "a site"),
        ("file,label,patient id", lambda n: str(n // 3), {"patient id"}, "a number may name somebody"),
        ("file,label,split", lambda n: ("train", "test")[n % 2], set(), "the part is no group"),
        ("file,label,note", lambda n: f"seen {n} times", set(), "every photo has its own"),
        ("file,label,camera", lambda n: "A", set(), "all have the same"),
        ("file,label,weight", lambda n: f"{n // 3}.25", set(), "a measurement"),
        ("file,label,site", lambda n: "north" if n == 0 else "", set(), "hardly a photo has one"),
        ("file,label,site", lambda n: ("a\x1b[31m", "b\u202e")[n % 2], {"site"}, "nothing moves a cursor"),
    ],
)
def test_which_columns_are_kept(header, value, kept, reason):
    rows = [f"{n}.jpg,{('cat', 'dog')[n % 2]},{value(n)}" for n in range(12)]
    found = columns_of(header, rows, paths("#.jpg:12"), "table:labels.csv" if "split" not in header else "table")
    assert set(found) == kept, reason
    for values in found.values():
        assert len(values) == 12 and all(each.isprintable() for each in values), reason


def test_a_table_beside_class_folders_is_read_too_and_its_columns_are_bounded():
    header = "file,site," + ",".join(f"word{n}" for n in range(40))
    rows = [f"{n}.jpg,{SITES[n % 4]}," + ",".join(f"x{n % 3}" for _ in range(40)) for n in range(12)]
    photos = [f"{('cats', 'dogs')[n % 2]}/{n}.jpg" for n in range(12)]
    found = columns_of(header, rows, photos)
    assert len(found) == MOST_COLUMNS and found["site"] == [SITES[n % 4] for n in range(12)]


@pytest.fixture(scope="module")
def birds(tmp_path_factory):
    """Photos of two birds from four sites, in an order that the names do not show."""
    folder = tmp_path_factory.mktemp("birds")
    rows = [f"{n}.jpg,{('jay', 'wren')[n % 2]},{SITES[n * 7 // 2 % 4]},{n % 5}" for n in range(24)]
    files = {f"{n}.jpg": make_photo(n) for n in range(24)}
    write_files(folder / "birds", files | {"labels.csv": table(rows, "file,species,site,age").encode()})
    return tlcore.load_dataset(folder / "birds", labels="labels.csv", workspace=folder / "home"), folder


def test_a_column_is_in_the_manifest_and_keeps_its_photos_on_one_side(birds):
    data, folder = birds
    assert data.photos[f"{COLUMN}site"].value_counts().to_dict() == dict.fromkeys(SITES, 6)
    by_site = data.set_groups("site")
    assert (by_site.photos.groupby(f"{COLUMN}site")["split"].nunique() == 1).all()
    assert by_site.photos["group"].tolist() == data.photos[f"{COLUMN}site"].tolist()
    again = tlcore.load_dataset(
        folder / "birds", labels="labels.csv", group_by="site", workspace=folder / "home", name="grouped"
    )
    assert (again.photos.groupby("group")["split"].nunique() == 1).all()
    from_disk = tlcore.load_dataset(by_site.id, workspace=folder / "home").photos
    assert from_disk[f"{COLUMN}site"].tolist() == by_site.photos[f"{COLUMN}site"].tolist()
    with pytest.raises(UserError, match=r"no grouping “place”.*Use site, age, alike"):
        data.set_groups("place")


def said(data):
    """What tables say of each photo, by its content."""
    rows = data.photos[["sha256", f"{COLUMN}site", f"{COLUMN}age"]].fillna("")
    return sorted(rows.itertuples(index=False, name=None))


def test_columns_come_along_through_edits_additions_and_an_export(birds):
    data, folder = birds
    write_files(folder / "more", {f"jay/new {n}.jpg": make_photo(100 + n) for n in range(3)})
    edited = data.rotate("3.jpg", 90).add(folder / "more")
    sites = edited.photos.set_index("path")[f"{COLUMN}site"]
    assert sites["3.jpg"] == SITES[3 * 7 // 2 % 4] and sites.isna().sum() == 3
    assert named_groups(edited.photos, "site").isna().sum() == 3, "what came without a site is in no group"
    back = tlcore.load_dataset(edited.export(folder / "out.zip"), workspace=folder / "home")
    assert said(back) == said(edited)


def test_columns_are_proposed_first_and_numbers_only_where_their_name_means_a_group(birds):
    photos = birds[0].photos
    assert [each.key for each in propose_groupings(photos)] == [f"{COLUMN}site"]
    renamed = photos.rename(columns={f"{COLUMN}age": f"{COLUMN}Patient ID"})
    keys = [each.key for each in propose_groupings(renamed)]
    assert keys == [f"{COLUMN}site", f"{COLUMN}Patient ID"]
