"""Random programs of pickle's opcodes, with what Python's unpicklers ask for in each."""
import io
import json
import pickle
import random
import resource
import struct
import sys


# Some programs ask for more memory than a machine has: that ends them as any error does.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


class Anything:
    def __new__(cls, *args, **named):
        return object.__new__(cls)

    def __init__(self, *args, **named):
        pass

    def take(self, *args):
        pass

    append = extend = add = __setitem__ = __setstate__ = take


def asked(unpickler, program):
    names = []

    class Recording(unpickler):
        def find_class(self, module, name):
            names.append(f"{module}.{name}")
            return Anything

    try:
        Recording(io.BytesIO(program)).load()
    except Exception:
        pass
    return names


MODULES = ["os", "collections", "numpy"]
NAMES = ["system", "OrderedDict", "dtype"]


def text(draw):
    value = draw.choice(MODULES + NAMES).encode()
    escaped = value.replace(b"s", b"\\u0073") if draw.random() < 0.2 else value
    hexed = value.replace(b"s", b"\\x73") if draw.random() < 0.2 else value
    quote = draw.choice([b"'", b'"'])
    return draw.choice(
        [
            b"V" + escaped + b"\n",
            b"S" + quote + hexed + quote + b"\n",
            b"U" + bytes([len(value)]) + value,
            b"X" + struct.pack("<I", len(value)) + value,
            b"\x8c" + bytes([len(value)]) + value,
        ]
    )


def index(draw):
    # Few of them, so that they meet.
    return draw.choice([0, 1, 2, 3, 4, 5, 10, 11])


def spelled(draw, number):
    plain = str(number).encode()
    strange = [b"0" + plain, b"+" + plain, b" " + plain, b"0" * 30 + plain]
    if number > 9:
        strange.append(plain[:1] + b"_" + plain[1:])
    return draw.choice(strange) if draw.random() < 0.1 else plain


def put(draw):
    at = index(draw)
    return draw.choice(
        [
            b"p" + spelled(draw, at) + b"\n",
            b"q" + bytes([at]),
            b"r" + struct.pack("<I", at),
            b"\x94",
            b"\x94",
            b"\x94",
        ]
    )


def get(draw):
    at = index(draw)
    return draw.choice(
        [
            b"g" + spelled(draw, at) + b"\n",
            b"h" + bytes([at]),
            b"j" + struct.pack("<I", at),
        ]
    )


def named(draw, opcode):
    module, name = draw.choice(MODULES), draw.choice(NAMES)
    return opcode + f"{module}\n{name}\n".encode()


# With how often each comes.
STEPS = [
    (12, text),
    (12, put),
    (10, get),
    (8, lambda draw: b"\x93"),
    (3, lambda draw: named(draw, b"c")),
    (1, lambda draw: b"(" + text(draw) + named(draw, b"i")),
    (4, lambda draw: b"0"),
    (3, lambda draw: b"2"),
    (2, lambda draw: draw.choice([b"N", b"K\x05", b"I7\n", b"\x88", b")", b"]", b"}"])),
    (2, lambda draw: b"(" + text(draw) + draw.choice([b"t", b"l", b"1", b"\x91"])),
    (2, lambda draw: b"\x85"),
    (1, lambda draw: b"\x86"),
    (2, lambda draw: named(draw, b"c") + b")" + draw.choice([b"R", b"\x81"])),
    (1, lambda draw: b"}b"),
    (1, lambda draw: b"}(" + text(draw) + get(draw) + b"u"),
    (1, lambda draw: b"\x95" + struct.pack("<Q", draw.randrange(12))),
]


def program(draw):
    made = bytearray(draw.choice([b"", b"\x80\x02", b"\x80\x04"]))
    # So that there is something to ask for.
    for _ in range(draw.randrange(6)):
        made += text(draw) + put(draw)
    for _ in range(draw.randrange(3, 14)):
        _, step = draw.choices(STEPS, [often for often, _ in STEPS])[0]
        made += step(draw)
    return bytes(made + b".")


draw = random.Random(int(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    code = program(draw)
    names = {*asked(pickle._Unpickler, code), *asked(pickle.Unpickler, code)}
    print(json.dumps({"code": code.hex(), "names": sorted(names)}))
