"""t-SNE of scikit-learn in a process of its own: that can be stopped at any moment, and says how far it is.

`python -m tlcore.analysis.tsne_process IN OUT`: IN is an .npy of float32 (n, d), OUT becomes one of float32 (n, 2).
What scikit-learn prints while it works is the progress that arrange.py reads.

Settings after Kobak and Berens (2019), "The art of using t-SNE for single-cell transcriptomics": beginning with PCA,
which keeps what is far apart in its place, and a learning rate that grows with the number of photos ("auto").
"""

import sys
from pathlib import Path

import numpy as np

STEPS = 600
PERPLEXITY = 30.0  # about how many photos count as near; fewer where there are few


def main(source: str, target: str) -> None:
    """Read, arrange, write."""
    from sklearn.manifold import TSNE

    vectors = np.load(source, allow_pickle=False)
    perplexity = min(PERPLEXITY, max(2.0, (len(vectors) - 1) / 4))
    model = TSNE(perplexity=perplexity, init="pca", max_iter=STEPS, random_state=0, verbose=2)
    np.save(Path(target), model.fit_transform(vectors).astype(np.float32), allow_pickle=False)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    main(*sys.argv[1:])
