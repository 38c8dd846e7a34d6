"""When a model says "none of these", in words: the answer, why, what the dial costs, and how strange photos fared."""

from tlcore.evaluation.rejection import Cost, RejectionRule
from tlcore.intervals import wilson_interval
from tlcore.messages.quantities import count, percent, percent_range

NONE = "None of these"
TITLE = "Photos of something else"
WHAT = (
    "A photo that is unlike all training photos gets the answer “None of these” instead of a class. The model compares "
    "it with typical photos of each class."
)
NEVER = "This model gives every photo one of its classes. Train again, and it can also answer “None of these”."
IF_ONE = "If it were one of the classes"
DIAL = "How sure it must be"
DIAL_HELP = (
    "Photos of your classes differ, and the most unusual of them look unknown too. Choose how many of them still get "
    "an answer: the fewer, the harder it is for photos of other things to get one."
)
ANSWERED = "These got an answer all the same, the most similar to the training photos first."
TRY = "Try it with photos of other things"
EMPTY_TRY = "Add photos that show none of your classes, and see how many of them get an answer all the same."


def setting_label(kept: float) -> str:
    """A setting of the dial, in short: "answers 95%"; keeping all means that every photo gets an answer."""
    return "answers everything" if kept >= 1 else f"answers {percent(kept)}"


def closest_message(label: str, probability: float) -> str:
    """The nearest class of a photo that is none of them: "Closest: Dogs 77%"."""
    return f"Closest: {label} {percent(probability)}"


def why_message(familiarity: float, threshold: float) -> str:
    """Why a photo is none of the classes."""
    found, needed = percent(familiarity), percent(threshold)
    if found == needed:
        found, needed = percent(familiarity, 1), percent(threshold, 1)
    return f"Similarity to the training photos: {found}. An answer needs at least {needed}."


def known_word(known: bool | None) -> str:
    """Whether a photo shows one of the classes, in a table: "yes", "no", "" where there is no answer."""
    return "" if known is None else "yes" if known else "no"


def cost_message(cost: Cost) -> str:
    """What a setting costs on test photos: how many get an answer, and how many of the answers are correct."""
    if not cost.total:
        return "There are no test photos to show what this costs."
    answered = f"Answers {percent(cost.answered / cost.total)} of the test photos ({cost.answered:,} of {cost.total:,})"
    if not cost.answered:
        return f"{answered}."
    low, high = wilson_interval(cost.correct, cost.answered)
    return (
        f"{answered}; of those, {percent(cost.correct / cost.answered)} are correct "
        f"({cost.correct:,} of {cost.answered:,}; likely range {percent_range(low, high)})."
    )


def unanswered_title(number: int) -> str:
    """Of the list of test photos without an answer."""
    return f"{count(number, 'test photo')} without an answer"


def basis_message(rule: RejectionRule) -> str:
    """What the setting rests on."""
    photos = count(rule.num_photos, "photo")
    return f"How similar a photo has to be was set on {photos} of your classes that these typical photos don’t include."


def unknown_message(rejected: int, total: int) -> str:
    """How photos of other things fared: "58 of 60 photos of other things got “None of these” (97%; likely range …)"."""
    low, high = wilson_interval(rejected, total)
    share = f"{percent(rejected / total)}; likely range {percent_range(low, high)}"
    return f"{rejected:,} of {count(total, 'photo')} of other things got “None of these” ({share})."
