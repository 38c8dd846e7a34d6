"""Looking through the configuration of a Keras model before anything is made of it; no Keras.

A configuration names classes and functions that Keras then looks up and calls. Here only plain layers and operations of
Keras itself pass: no Lambda, nothing custom or registered, no function, nothing that reads files. What passes is made
such that it can only mean Keras' own, whatever module the file had named.
"""

from typing import Any

from tlcore.errors import UserError

MOST_DEPTH, MOST_VALUES, MOST_UNITS = 100, 2_000_000, 1_000_000
_SIZES = ("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "depth_multiplier", "n")

MODELS = {"Functional": "keras.src.models.functional", "Model": "keras.src.models.functional", "Sequential": "keras"}
LAYERS = frozenset(
    "InputLayer Activation ReLU LeakyReLU PReLU ELU Softmax Add Subtract Multiply Average Maximum Minimum "
    "Concatenate Dot Dense EinsumDense Conv1D Conv2D DepthwiseConv1D DepthwiseConv2D SeparableConv1D "
    "SeparableConv2D Conv2DTranspose BatchNormalization LayerNormalization GroupNormalization "
    "UnitNormalization RMSNormalization Normalization Rescaling Resizing CenterCrop Dropout SpatialDropout1D "
    "SpatialDropout2D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization AveragePooling1D "
    "AveragePooling2D MaxPooling1D MaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D "
    "GlobalMaxPooling1D GlobalMaxPooling2D ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D UpSampling1D "
    "UpSampling2D Flatten Reshape Permute RepeatVector Identity MultiHeadAttention GroupQueryAttention "
    "Attention AdditiveAttention Embedding RandomFlip RandomRotation RandomZoom RandomTranslation "
    "RandomContrast RandomBrightness RandomCrop RandomHeight RandomWidth RandomShear RandomErasing "
    "RandomSaturation RandomHue RandomGrayscale RandomSharpness RandomColorJitter RandomInvert "
    "RandomPosterization".split()
)
OPERATIONS = frozenset(
    "Absolute Add AddN Average AveragePool BatchNormalization BroadcastTo Cast Clip Concatenate Conv "
    "DepthwiseConv Divide Einsum Elu Exp ExpandDims Flip Gelu GetItem HardSigmoid HardSilu HardSwish "
    "LeakyRelu Log LogSoftmax Matmul Max Maximum MaxPool Mean Min Minimum Moveaxis Multiply Negative Pad "
    "Power Relu Relu6 Repeat Reshape Resize Rsqrt Sigmoid Silu Slice Softmax Softplus Split Sqrt Square "
    "Squeeze Stack Subtract Sum Swapaxes Tanh Tile Transpose TrueDivide".split()
)
_INITIALIZERS = frozenset(
    "Zeros Ones Constant Identity RandomNormal RandomUniform TruncatedNormal VarianceScaling GlorotNormal "
    "GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Orthogonal OrthogonalInitializer "
    "IdentityInitializer".split()
)
_REGULARIZERS = frozenset("L1 L2 L1L2 OrthogonalRegularizer".split())
_CONSTRAINTS = frozenset("MaxNorm MinMaxNorm NonNeg UnitNorm".split())
_ACTIVATIONS = frozenset(
    "elu exponential gelu hard_sigmoid hard_silu hard_swish leaky_relu linear log_softmax mish relu relu6 "
    "selu sigmoid silu softmax softplus softsign swish tanh".split()
)
_PLAIN = frozenset(("__keras_tensor__", "__numpy__", "__tensor__", "__ellipsis__", "__slice__", "__bytes__"))
_MODULES = {
    **dict.fromkeys(LAYERS, "keras.layers"),
    **dict.fromkeys(_REGULARIZERS, "keras.regularizers"),
    **dict.fromkeys(_CONSTRAINTS, "keras.constraints"),
    **MODELS,
}
_HALF = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")
_FIX = "Save it again with Keras’ own layers only. docs/networks.md says what is possible."


def checked_config(config: Any) -> dict[str, Any]:
    """The configuration of a model, as Keras can load it; of 32 bits where it was of 16, and without training settings.

    Args:
        config: what a file has as JSON, of Keras 3 or, from an `.h5`, of Keras 2.

    Raises:
        UserError: it is none, or has what is refused; the sentence says what.
    """
    if not isinstance(config, dict) or config.get("class_name") not in MODELS:
        kind = config.get("class_name") if isinstance(config, dict) else None
        named = f" (“{str(kind)[:60]}”)" if kind else ""
        raise UserError(
            f"This is not a plain Keras model{named}, so it can’t be loaded without running its code.", _FIX
        )
    checked: dict[str, Any] = _Check().value(config, 0)
    checked.setdefault("module", MODELS[checked["class_name"]])
    return checked


class _Check:
    """One walk through a configuration: how much was seen so far."""

    def __init__(self) -> None:
        self._seen = 0

    def value(self, value: Any, depth: int) -> Any:
        """A copy of a value, once it and all in it are allowed."""
        self._seen += 1
        if depth > MOST_DEPTH or self._seen > MOST_VALUES:
            raise UserError("The description of this model is absurdly large, so it was not loaded.", _FIX)
        if isinstance(value, list):
            return [self.value(each, depth + 1) for each in value]
        if isinstance(value, dict):
            return self._named(value, depth) if "class_name" in value else self._plain(value, depth)
        return value if isinstance(value, str | int | float | None) else None

    def _plain(self, values: dict[str, Any], depth: int) -> dict[str, Any]:
        kept = {name: each for name, each in values.items() if name not in ("compile_config", "shared_object_id")}
        return {name: self.value(each, depth + 1) for name, each in kept.items()}

    def _named(self, values: dict[str, Any], depth: int) -> Any:
        """An object of a class, or a function."""
        name = values["class_name"]
        if not isinstance(name, str):
            raise UserError("The description of this model is damaged.", "Copy or download the file again.")
        if name == "DTypePolicy":
            policy = values.get("config")
            kept = policy.get("name") if isinstance(policy, dict) else None
            return _in_32_bits(kept if isinstance(kept, str) else "float32")
        if name == "function":
            return _activation(values)
        module = values.get("module")
        if name not in _PLAIN and not _is_allowed(name, module):
            raise UserError(*_refusal(name, values))
        made = self._plain(values, depth)
        if isinstance(made.get("config"), dict):
            _check_sizes(made["config"])
            _repair(name, made["config"])
        if module is not None and name in _MODULES and not _is_operation(name, module):
            made["module"] = _MODULES[name]
            made["registered_name"] = None
        return made


def _is_allowed(name: str, module: Any) -> bool:
    if _is_operation(name, module):
        return True
    if name in _INITIALIZERS and (module is None or module == "keras.initializers"):
        return True
    return name in _MODULES


def _is_operation(name: str, module: Any) -> bool:
    """Whether it is one of Keras' operations; some are called like a layer, and only the module tells them apart."""
    return isinstance(module, str) and module.startswith("keras.src.ops.") and name in OPERATIONS


def _activation(values: dict[str, Any]) -> str:
    """The name of one of Keras' activations, which stands for it everywhere; no other function is looked up."""
    name = values.get("config")
    if values.get("module") == "builtins" and isinstance(name, str) and name in _ACTIVATIONS:
        return name
    raise UserError(f"This model calls a function (“{str(name)[:60]}”), so it was not loaded.", _FIX)


def _check_sizes(config: dict[str, Any]) -> None:
    """Raise UserError where a layer would be larger than any of a network for images."""
    for name in _SIZES:
        size = config.get(name)
        if isinstance(size, int) and size > MOST_UNITS:
            raise UserError(f"This model has an absurdly large layer ({name}: {size:,}), so it was not loaded.", _FIX)


def _repair(name: str, config: dict[str, Any]) -> None:
    """What Keras 3 doesn't know of earlier versions, and numbers of 16 bits."""
    if name in ("DepthwiseConv2D", "DepthwiseConv1D") and config.get("groups") == 1:
        del config["groups"]
    if isinstance(config.get("dtype"), str):
        config["dtype"] = _in_32_bits(config["dtype"])


def _in_32_bits(dtype: str) -> str:
    return "float32" if dtype in _HALF else dtype


def _refusal(name: str, values: dict[str, Any]) -> tuple[str, str]:
    if name in ("Lambda", "__lambda__"):
        return "This model has a Lambda layer, which is a program inside the file, so it was not loaded.", _FIX
    if name in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        what = "This model was saved by an old Keras with operations that Keras 3 can’t load."
        return what, "Export it as SavedModel or LiteRT (.tflite) with the Keras that it was made with, and add that."
    shown = str(values.get("registered_name") or name)[:60]
    return f"This model has a layer or function that is not Keras’ own (“{shown}”), so it was not loaded.", _FIX
