"""Side-by-side measurements of Transfer Lab: each module prints a table and, with `--json FILE`, writes its rows.

    python -m benchmarks                  all of them; exit code 1 when a target is missed
    python -m benchmarks.time_to_model    one of them: time_to_model, extraction, prediction, web, slow_line,
                                          upload, memory, finetune, backbones, preview, imports, eta, load,
                                          small_machine; and strategies, which takes hours

Both sides of a ratio run on the same machine within one run, in turns where that is possible, so that a busy or slow
machine weighs on both.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything imports TensorFlow
