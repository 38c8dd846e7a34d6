"""Scores with fast features of training photos against exact ones, for each sample set and for cats and dogs [TF].

Features of EfficientNet-Lite0 at its 224 px, a head with default settings, three seeds, each with a division of its own.
Everything is tested on exact features. In the way "photos", those of the training photos themselves are fast; in "views"
those of three augmented views as well. The figure is how many test photos more are right with exact features, of all
seeds together; `chance` is what ± 1.96 standard deviations of the photos on which the two differ would allow
(McNemar 1947). Where the processor has no lower precision, there is nothing to compare.
"""

import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from math import sqrt
from pathlib import Path

import numpy as np

from benchmarks.command import check_data, few_photos, finish, parser
from benchmarks.table import Row, figure
from tlcore.config import TrainConfig
from tlcore.data.augment import Augmentation, Views
from tlcore.data.ingest import ingest_path
from tlcore.data.manifest import Dataset
from tlcore.data.samples import find_sample, ingest_sample
from tlcore.data.split import split_photos
from tlcore.data.wanted import RESIZE_POLICY
from tlcore.events import run_to_end
from tlcore.features.activations import open_features
from tlcore.features.extract import Photo, Request, extract, feature_kind
from tlcore.features.views import ViewedStore
from tlcore.models.frozen_backbone import PretrainedBackbone
from tlcore.models.frozen_files import POOLED
from tlcore.models.openvino_runtime import fast_precision
from tlcore.models.predictor import EXACT
from tlcore.models.registry import BUILT_IN
from tlcore.pipeline.caches import StoredViews
from tlcore.training.head import Examples, HeadTrainer
from tlcore.workspace import Workspace, open_workspace
