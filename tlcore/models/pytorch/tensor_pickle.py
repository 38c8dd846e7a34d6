"""What PyTorch pickles around its tensors, read without unpickling: nothing that a file names is looked up or called.

A pickle is a program. Python's own machine for it imports and calls what the program says, and reserves whatever
memory it asks for. Here `pickletools.genops` only takes the bytes apart; the few operations that PyTorch's `save` needs
for a dictionary of tensors are carried out on plain values, and a name such as `torch._utils._rebuild_tensor_v2` is
compared, never imported. Everything else is refused by its name.

Formats: https://docs.python.org/3/library/pickletools.html, torch/_utils.py and torch/serialization.py of PyTorch 2.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from tlcore.data.names import clean_text

MOST_OPERATIONS = 2_000_000  # the weights of a network with 1,000 tensors need about 30,000


class NotTensors(Exception):
    """A pickle holds something else than tensors in dictionaries, or is damaged. The text follows the file's name."""


@dataclass(frozen=True)
class Storage:
    """The bytes that tensors are views of.

    `key`: its name in the file; `kind`: PyTorch's name of the type, as "FloatStorage"; `length`: how many values.
    """

    key: str
    kind: str
    length: int


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as a view of a storage: `offset` and `strides` count values."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    """What a pickle asks to import, by its name."""

    name: str


_MARK = object()
_ORDERED_DICT = "collections.OrderedDict"
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch.nn.parameter.Parameter")
_TENSORS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
_STORAGES = frozenset(
    f"torch.{kind}Storage"
    for kind in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool")
)
_ALLOWED = frozenset({_ORDERED_DICT, "torch.Size", *_PARAMETERS, *_TENSORS, *_STORAGES})
_LARGEST = 2**48  # of a number that counts values


def read_pickle(source: bytes | IO[bytes]) -> Any:
    """The value that a pickle describes: dict, list, tuple, str, int, float, bool, None and StoredTensor.

    Args:
        source: its bytes, or a file at whose place it begins; that stands behind it afterwards.

    Raises:
        NotTensors: see there.
    """
    machine = _Machine()
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(source)):
            if count > MOST_OPERATIONS:
                raise NotTensors("holds more than the weights of a network")
            if operation.name == "STOP":
                return machine.pop()
            machine.do(operation.name, argument)
    except NotTensors:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise NotTensors("is damaged or cut off") from error
    raise NotTensors("is damaged or cut off")


class _Machine:
    """A stack of plain values, and what was remembered of them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Carry out one operation."""
        if name in _PUSHES:
            self.stack.append(_PUSHES[name]())
        elif name in _VALUES:
            self.stack.append(argument)
        elif name in ("BINPUT", "LONG_BINPUT", "PUT", "MEMOIZE"):
            self.memo[len(self.memo) if name == "MEMOIZE" else int(argument)] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            self.stack.append(self.memo[int(argument)])
        elif name == "GLOBAL":
            self.stack.append(_named(argument.replace(" ", ".")))
        elif name in _METHODS:
            _METHODS[name](self)
        elif name not in ("PROTO", "FRAME"):
            raise NotTensors(f"holds something else than tensors (pickle operation {name})")

    def pop(self) -> Any:
        return self.stack.pop()

    def to_mark(self) -> list[Any]:
        """What was put onto the stack since the last mark, which goes."""
        place = next((i for i in range(len(self.stack) - 1, -1, -1) if self.stack[i] is _MARK), None)
        if place is None:
            raise NotTensors("is damaged or cut off")
        items = self.stack[place + 1 :]
        del self.stack[place:]
        return items

    def tuple_of(self, length: int) -> None:
        items = tuple(self.stack[len(self.stack) - length :])
        if len(items) != length:
            raise NotTensors("is damaged or cut off")
        del self.stack[len(self.stack) - length :]
        self.stack.append(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise NotTensors("is damaged or cut off")
        target.update((_key(key), value) for key, value in zip(items[::2], items[1::2], strict=True))

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise NotTensors("is damaged or cut off")
        target.extend(items)

    def pop_pair(self) -> list[Any]:
        value, key = self.pop(), self.pop()
        return [key, value]

    def name_from_stack(self) -> None:
        module, name = self.pop_pair()
        self.stack.append(_named(f"{module}.{name}"))

    def reduce(self) -> None:
        arguments, called = self.pop(), self.pop()
        if not isinstance(called, _Name) or not isinstance(arguments, tuple):
            raise NotTensors("is damaged or cut off")
        self.stack.append(_rebuilt(called.name, arguments))

    def build(self) -> None:
        """Attributes of a dictionary, such as its `_metadata`, are of no use here."""
        self.pop()
        if type(self.stack[-1]) is not dict:
            raise NotTensors("holds something else than tensors (an object with attributes)")

    def persistent(self) -> None:
        """A storage: ("storage", its type, its key, where it was, how many values, …)."""
        kind, storage_type, key, _, length, *_ = self.pop()
        if kind != "storage" or not isinstance(storage_type, _Name) or storage_type.name not in _STORAGES:
            raise NotTensors("holds something else than tensors")
        self.stack.append(Storage(str(key), storage_type.name.removeprefix("torch."), _count(length)))


_PUSHES: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": lambda: _MARK,
}
_VALUES = frozenset(
    {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "BINSTRING", "SHORT_BINSTRING"}
    | {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "BINFLOAT", "FLOAT"}
)
_METHODS: dict[str, Callable[[_Machine], Any]] = {
    "TUPLE": lambda machine: machine.stack.append(tuple(machine.to_mark())),
    "TUPLE1": lambda machine: machine.tuple_of(1),
    "TUPLE2": lambda machine: machine.tuple_of(2),
    "TUPLE3": lambda machine: machine.tuple_of(3),
    "SETITEM": lambda machine: machine.set_items(machine.pop_pair()),
    "SETITEMS": lambda machine: machine.set_items(machine.to_mark()),
    "APPEND": lambda machine: machine.extend([machine.pop()]),
    "APPENDS": lambda machine: machine.extend(machine.to_mark()),
    "STACK_GLOBAL": _Machine.name_from_stack,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
}


def _named(name: str) -> _Name:
    if name not in _ALLOWED:
        raise NotTensors(f"holds something else than tensors ({clean_text(name)[:80]})")
    return _Name(name)


def _rebuilt(name: str, arguments: tuple[Any, ...]) -> Any:
    """What calling one of the allowed names would give, as a plain value."""
    if name == _ORDERED_DICT:
        pairs = arguments[0] if arguments else ()
        return {_key(key): value for key, value in pairs}
    if name == "torch.Size":
        return tuple(_count(side) for side in arguments[0])
    if name in _PARAMETERS and isinstance(arguments[0], StoredTensor):
        return arguments[0]
    if name in _TENSORS and isinstance(arguments[0], Storage):
        storage, offset, shape, strides, *_ = arguments
        sides = tuple(_count(side) for side in shape), tuple(_count(step) for step in strides)
        if len(sides[0]) != len(sides[1]) or len(sides[0]) > 8:
            raise NotTensors("is damaged or cut off")
        return StoredTensor(storage, _count(offset), *sides)
    raise NotTensors(f"holds something else than tensors ({name})")


def _key(value: Any) -> str | int | float | None:
    """A key of a dictionary, no tuple: hashing tuples in tuples as deep as a file is long would end the process."""
    if value is None or isinstance(value, str | int | float):
        return value
    raise NotTensors("holds something else than tensors (an uncommon key)")


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise NotTensors("claims a tensor of an impossible size")
    return value
