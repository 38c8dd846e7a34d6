"""What may be wrong with a photo: the kinds, in the order in which they are shown, and the columns of their tables.

An issue is a row of values; what a person reads of it is made in reasons.py.
"""

WRONG_LABEL, TWO_CLASSES, COPY, BURST = "wrong label", "two classes", "copy", "burst"
BLURRED, DARK, BURNT_OUT, TINY, EMPTY = "blurred", "dark", "burnt out", "tiny", "empty"

KINDS = (WRONG_LABEL, TWO_CLASSES, COPY, BURST, BLURRED, DARK, BURNT_OUT, TINY, EMPTY)
"""`TWO_CLASSES`: the same photo, or nearly the same, in two classes. `COPY`: nearly the same photo in one class.
`BURST`: taken a moment after another one that looks alike. `BURNT_OUT`: overexposed. `EMPTY`: one colour."""

PAIRS = (TWO_CLASSES, COPY, BURST)
"""The kinds that are about two photos."""

COLUMNS = ("kind", "path", "other", "label", "proposed", "score", "reason")
"""Of a table of issues. `path`: the photo, as in `Dataset.photos`; of a pair the one to leave out, if any. `other`: its
pair's second photo, "" for none. `label`: the class that `path` has. `proposed`: the class that it should have, "" for
none. `score`: 0–1, how sure; rows are sorted by kind, then by falling score. `reason`: for a person."""

MEASURES = ("doubt", "similarity", "sharpness", "brightness")
"""Of a table of measures, each 0–1, indexed by `path`. `doubt`: how improbable the photo's label is; `similarity`: to
the photo that is most alike; `sharpness`: of its sharpest part; `brightness`: on average."""
