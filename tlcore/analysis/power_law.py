"""How errors fall with the number of photos, and what that says of more photos: err(n) = a + b · n^−c.

The form is that of Cortes et al. (1993), "Learning curves: asymptotic values and rate of convergence"; Hestness et al.
(2017) found it for deep networks on pictures, text and speech. a is what no number of photos mends, c how fast the rest
falls. Viering and Loog (2022) warn that curves need not follow it; so nothing is said beyond four times the photos.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EXPONENTS = np.linspace(0.1, 1.2, 23)
"""The c that are tried."""
DRAWS = 1000
LEAST_VARIANCE = 1e-8


@dataclass(frozen=True)
class PowerLaws:
    """Curves, one for each draw. `floor`, `scale`, `exponent`: (draws,), a, b and c; `unit`: photos that n is counted
    in."""

    floor: Floats
    scale: Floats
    exponent: Floats
    unit: float

    def errors(self, num_photos: float) -> Floats:
        """The share of errors with so many photos, 0–1, (draws,)."""
        found: Floats = self.floor + self.scale * (num_photos / self.unit) ** -self.exponent
        return found.clip(0, 1)


def fit_power_laws(sizes: Floats, errors: Floats, variances: Floats) -> PowerLaws:
    """The weighted least-squares curve through each row of errors, with a and b not below 0.

    Args:
        sizes: (sizes,), photos. errors: (draws, sizes), 0–1. variances: (sizes,), of each error.
    """
    weights, unit = 1 / np.maximum(variances, LEAST_VARIANCE), float(sizes[-1])
    best = np.full(len(errors), np.inf)
    found = np.zeros((3, len(errors)))
    for exponent in EXPONENTS:
        falling = (sizes / unit) ** -exponent
        floor, scale = _least_squares(falling, errors, weights)
        residual = errors - floor[:, None] - scale[:, None] * falling
        loss = (weights * residual**2).sum(axis=1)
        better = loss < best
        best[better] = loss[better]
        found[:, better] = np.stack([floor, scale, np.full(len(errors), exponent)])[:, better]
    return PowerLaws(found[0], found[1], found[2], unit)


def _least_squares(falling: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """a and b of the best errors ≈ a + b · falling with a, b ≥ 0, for each row: (draws,) each."""
    weight, mean_x = weights.sum(), (weights * falling).sum() / weights.sum()
    mean_y = (errors * weights).sum(axis=1) / weight
    centred = falling - mean_x
    scale = (errors * (weights * centred)).sum(axis=1) / (weights * centred**2).sum()
    floor = mean_y - scale * mean_x
    through_zero = (errors * (weights * falling)).sum(axis=1) / (weights * falling**2).sum()
    scale = np.where(floor < 0, through_zero, scale)
    floor = np.where(floor < 0, 0.0, floor)
    return np.where(scale < 0, mean_y, floor), np.where(scale < 0, 0.0, scale)


def draw_errors(errors: Floats, covariance: Floats, seed: int = 0) -> Floats:
    """Errors at all sizes as they could have come out with other photos and other trainings, (DRAWS, sizes).

    A parametric bootstrap. The same photos are tested at all sizes, so what chance does to one it does to others.

    Args:
        errors: (sizes,), measured. covariance: (sizes, sizes), of these.
    """
    drawn: Floats = np.random.default_rng(seed).multivariate_normal(errors, covariance, DRAWS, method="eigh")
    return drawn.clip(0, 1)
