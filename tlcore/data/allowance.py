"""How many photos and bytes may still come in. Who may have how much is decided elsewhere; here it is held against."""

from dataclasses import dataclass

from tlcore.errors import UserError

NO_LIMIT = float("inf")


@dataclass(frozen=True)
class Allowance:
    """What may come in with one import.

    `dataset_photos`: photos of one data set. `photos`: more photos that there is room for, of `photos_allowed` in all;
    `bytes`: more bytes, of `bytes_allowed` in all.
    """

    dataset_photos: float = NO_LIMIT
    photos: float = NO_LIMIT
    photos_allowed: int = 0
    bytes: float = NO_LIMIT
    bytes_allowed: int = 0

    def check(self, photos: int, size: int, brought: int = 0) -> None:
        """Whether so much may come in.

        Args:
            photos, size: of what comes in, so far; size in bytes. brought: photos that come along from an earlier data
                set and are there already.

        Raises:
            UserError: it is more than there is room for.
        """
        if photos + brought > self.dataset_photos:
            raise UserError(
                f"This server allows at most {self.dataset_photos:,.0f} photos in one data set.",
                "Choose fewer photos per class; a few hundred are plenty to train on.",
            )
        if photos > self.photos:
            raise UserError(
                f"You have {self.photos_allowed - self.photos:,.0f} of {self.photos_allowed:,} photos, so there is "
                f"room for {self.photos:,.0f} more.",
                "Add fewer photos, or delete data sets you no longer need.",
            )
        if size > self.bytes:
            raise UserError(
                f"You use {_mb(self.bytes_allowed - self.bytes)} of your {_mb(self.bytes_allowed)}, and these photos "
                f"need more than the {_mb(self.bytes)} that are left.",
                "Add fewer or smaller photos, or delete data sets and runs you no longer need.",
            )


UNLIMITED = Allowance()


def _mb(size: float) -> str:
    return f"{max(0.0, size) / 1e6:,.0f} MB"
