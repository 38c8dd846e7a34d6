"""How far a counted share can be trusted: confidence intervals."""

import math

Z = 1.959964  # 95% of a normal distribution lie within so many standard deviations


def wilson_interval(correct: float, total: float) -> tuple[float, float]:
    """The 95% confidence interval of a share, 0–1, after Wilson (1927): where the true one plausibly lies.

    Unlike the textbook's normal interval it stays inside 0–1 and is right for few photos too. In closed form, which is
    SciPy's to 1e-6 (a test compares them): the pages do not load SciPy.
    """
    if not total:
        return 0.0, 1.0
    share = correct / total
    middle, scale = share + Z**2 / (2 * total), 1 + Z**2 / total
    reach = Z * math.sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
