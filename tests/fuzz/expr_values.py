"""expr_values.py - values, operators and builtins of the language, as expressions.py understands them."""

import ipaddress
import json
import re

MAX, MIN = 2**63 - 1, -(2**63)


def held(v):
    """At the limits of 64 bits."""
    return max(MIN, min(MAX, v))


# ---- values on the wire --------------------------------------------------------------------------------------------

INTS = [0, 1, -1, 2, 3, 7, -8, 10, 64, 1000, 65535, -65536, 2**31 - 1, 2**31, -(2**31), 10**9, 10**12, 2**53 + 1, MAX, MAX - 1, MIN, MIN + 1]
FLOATS = [0.0, 0.5, -1.5, 1.0, 3.25, 1e9, -2e18, 1e-7, 123456.789, 9.3e18]
TEXTS = ["", "a", "A", "pod", "Pod", "eth0", "ETH0", "tcp", "TCP", "12", "-7", "+5", "0x10", "9223372036854775807", "9223372036854775808", "1.5", "é", "日本語",
         "x/y/z", "a,b,,c", 'q"uote', "back\\slash", "<&>", "tab\there", "😀", "10.0.0.1", "  padded ", "null", "\x01", "a" * 70]
IPS = ["10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.0.1", "172.16.5.5", "8.8.8.8", "::1", "fe80::1", "2001:db8::7", "", "not an ip", "10.0.0", "010.0.0.1", "0.0.0.0", "255.255.255.255"]
NETS = ["10.0.0.0/8", "10.0.0.0/24", "192.168.0.0/16", "172.16.0.0/12", "2001:db8::/32", "0.0.0.0/0", "::/0", "8.8.8.8/32"]
ENUMS = {"Proto": ["TCP", "UDP", "ICMP", "other"], "State": ["OPEN", "CLOSED", "RESET"]}
STATE_NUMBERS = {"OPEN": 0, "CLOSED": 1, "RESET": 7}
KEYS = ["k", "app", "é", "missing"]
ELEMS = ["a", "pod", "eth0", "", "TCP", "12"]


def ip(text):
    """The address, or None if the text is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def net_has(net, text):
    a, n = ip(text), ipaddress.ip_network(net)
    return None if a is None else a.version == n.version and a in n


# name: (declaration, generator of a JSON value); a name with ? may be missing or null
FIELDS = {}


def field(name, decl, make):
    FIELDS[name] = (decl, make)


def record_value(rng):
    v = {"n": rng.choice(INTS), "s": rng.choice(TEXTS)}
    if rng.random() < 0.6:
        v["m"] = rng.choice(INTS)
    if rng.random() < 0.6:
        v["a"] = rng.choice(IPS)
    return v


for q in ("", "?"):
    o = "o_" if q else ""
    field(o + "i", (q, "int"), lambda r: r.choice(INTS) if r.random() < 0.6 else r.randrange(-100, 100))
    field(o + "j", (q, "int"), lambda r: r.randrange(-3, 4))
    field(o + "f", (q, "float"), lambda r: r.choice(FLOATS))
    field(o + "s", (q, "string"), lambda r: r.choice(TEXTS))
    field(o + "u", (q, "string"), lambda r: r.choice(TEXTS))
    field(o + "b", (q, "bool"), lambda r: r.random() < 0.5)
    field(o + "a", (q, "ip"), lambda r: r.choice(IPS))
    field(o + "c", (q, "ip"), lambda r: r.choice(IPS))
    field(o + "net", (q, "cidr"), lambda r: r.choice(NETS))
    field(o + "t", (q, "time(ns)"), lambda r: r.choice([0, 1, 10**18, 1763888400123456789, -5, MAX]))
    field(o + "t2", (q, "time(ms)"), lambda r: r.choice([0, 1, 1763888400123, -1500]))
    field(o + "d", (q, "duration(ns)"), lambda r: r.choice([0, 1, 10**9, 1500 * 10**6, -(10**9), 3600 * 10**9, MAX]))
    field(o + "y", (q, "bytes"), lambda r: r.choice([0, 1, 1500, 10**6, MAX]))
    field(o + "p", (q, "packets"), lambda r: r.choice([0, 1, 3, 10**6]))
    field(o + "e", (q, "Proto"), lambda r: r.choice(ENUMS["Proto"][:3] + ["SCTP"]))
    field(o + "g", (q, "State"), lambda r: r.choice(list(STATE_NUMBERS.values())))
    field(o + "ls", (q, "[string]"), lambda r: [r.choice(ELEMS) for _ in range(r.randrange(4))])
    field(o + "li", (q, "[int]"), lambda r: [r.choice(INTS[:9]) for _ in range(r.randrange(4))])
    field(o + "la", (q, "[ip]"), lambda r: [r.choice(IPS) for _ in range(r.randrange(4))])
    field(o + "lc", (q, "[cidr]"), lambda r: [r.choice(NETS) for _ in range(r.randrange(3))])
    field(o + "ms", (q, "map<string>"), lambda r: {k: r.choice(TEXTS) for k in r.sample(KEYS, r.randrange(3))})
    field(o + "mi", (q, "map<int>"), lambda r: {k: r.choice(INTS) for k in r.sample(KEYS, r.randrange(3))})
    field(o + "r", (q, "Rec"), record_value)

REC = {"n": ("int", False), "s": ("string", False), "m": ("int", True), "a": ("ip", True)}


def kind(decl):
    return re.sub(r"\(.*", "", decl)


def decoded(decl, v):
    """The language's value of a JSON value."""
    if v is None:
        return None
    if decl == "time(ms)":
        return v * 10**6
    if decl == "Proto":
        return v if v in ENUMS["Proto"] else "other"
    if decl == "State":
        return {n: k for k, n in STATE_NUMBERS.items()}[v]
    if decl == "float":
        return float(v)
    if decl == "Rec":
        return {k: v.get(k) for k in REC}
    return v


# ---- expressions ---------------------------------------------------------------------------------------------------------


class Expr:
    """Text at a precedence, type, whether it may be null, and value(env)."""

    def __init__(self, text, prec, type_, null, value):
        self.text, self.prec, self.type, self.null, self.value = text, prec, type_, null, value

    def at(self, prec):
        return self.text if self.prec >= prec else f"({self.text})"


# precedences
COND, OR, AND, NOT, CMP, COAL, SUM, PROD, UNARY, POST = range(10)
NUMBERS = ["int", "float", "bytes", "packets", "duration"]
ALL = ["int", "float", "string", "bool", "ip", "time", "duration", "bytes", "packets", "Proto", "State"]


def quote(s):
    return json.dumps(s, ensure_ascii=False) if "\x01" not in s else json.dumps(s)


def and3(x, y):
    if x is False:
        return False
    b = y()
    return False if b is False else None if x is None or b is None else True


def or3(x, y):
    if x is True:
        return True
    b = y()
    return True if b is True else None if x is None or b is None else False


def strict(f, *args):
    """A value made of values that must not be null."""

    def value(env):
        vals = []
        for a in args:
            v = a.value(env)
            if v is None:
                return None
            vals.append(v)
        return f(*vals)

    return value


def fdiv(a, b):
    return None if b == 0 else float(a) / float(b)


def idiv(a, b):
    if b == 0:
        return None
    q = abs(a) // abs(b)
    return held(q if (a < 0) == (b < 0) else -q)


def imod(a, b):
    if b == 0:
        return None
    r = abs(a) % abs(b)
    return -r if a < 0 else r


def rate(a, ns):
    return fdiv(float(a) * 1e9, ns)


def truncated(f):
    return int(f) if -(2.0**63) <= f < 2.0**63 else None


def number_of(s):
    return int(s) if re.fullmatch(r"[+-]?[0-9]+", s) and MIN <= int(s) <= MAX else None


def ascii_case(s, up):
    return "".join(chr(ord(c) ^ 32) if ("a" <= c <= "z" if up else "A" <= c <= "Z") else c for c in s)


def substring(s, start, n):
    # held within the text: what is before the beginning is cut off
    end = min(len(s), max(0, start) if n < 0 else max(0, start + n))
    return s[max(0, start) : max(end, max(0, start))] if start < len(s) else ""


def fnv(s):
    h = 0xCBF29CE484222325
    for b in s.encode():
        h = ((h ^ b) * 0x100000001B3) & (2**64 - 1)
    return (h ^ (h >> 32)) & MAX


def split(s, sep):
    return s.split(sep) if sep else [s]


def go_float(f):
    return f"{f:g}"


ARITH = [(op, t, t, t, fn) for t in ("int", "bytes", "packets", "duration") for op, fn in (("+", lambda a, b: held(a + b)), ("-", lambda a, b: held(a - b)))]
ARITH += [("*", "int", "int", "int", lambda a, b: held(a * b)), ("/", "int", "int", "int", idiv), ("%", "int", "int", "int", imod)]
for u in ("bytes", "packets", "duration"):
    ARITH += [("*", u, "int", u, lambda a, b: held(a * b)), ("*", "int", u, u, lambda a, b: held(a * b)), ("/", u, "int", u, idiv), ("/", u, u, "float", fdiv), ("%", u, u, u, imod)]
ARITH += [("-", "time", "time", "duration", lambda a, b: held(a - b)), ("+", "time", "duration", "time", lambda a, b: held(a + b)),
          ("+", "duration", "time", "time", lambda a, b: held(a + b)), ("-", "time", "duration", "time", lambda a, b: held(a - b)),
          ("/", "bytes", "duration", "float", rate), ("/", "packets", "duration", "float", rate), ("/", "bytes", "packets", "float", fdiv)]
ARITH += [(op, "float", "float", "float", fn) for op, fn in (("+", lambda a, b: a + b), ("-", lambda a, b: a - b), ("*", lambda a, b: a * b), ("/", fdiv))]

ORDER = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def same_ip(a, b):
    x, y = ip(a), ip(b)
    return None if x is None or y is None else x == y


def opposite(v):
    return None if v is None else not v


CALLS = {
    "string": [
        ("text", ["int"], False, str), ("text", ["bytes"], False, str), ("text", ["packets"], False, str), ("text", ["bool"], False, lambda b: "true" if b else "false"),
        ("text", ["ip"], False, lambda a: a), ("text", ["Proto"], False, lambda e: e), ("text", ["State"], False, lambda e: e), ("text", ["string"], False, lambda s: s),
        ("lower", ["string"], False, lambda s: ascii_case(s, False)), ("upper", ["string"], False, lambda s: ascii_case(s, True)),
        ("substring", ["string", "int", "int"], False, substring), ("nonempty", ["string"], True, lambda s: s or None),
    ],
    "int": [
        ("int", ["string"], True, number_of), ("int", ["bytes"], False, lambda v: v), ("int", ["packets"], False, lambda v: v), ("int", ["float"], True, truncated),
        ("length", ["string"], False, len), ("length", ["[string]"], False, len), ("seconds", ["duration"], False, lambda v: v // 10**9), ("seconds", ["time"], False, lambda v: v // 10**9),
        ("millis", ["duration"], False, lambda v: v // 10**6), ("millis", ["time"], False, lambda v: v // 10**6), ("abs", ["int"], False, lambda v: held(abs(v))),
        ("hash", ["string"], False, fnv), ("family", ["ip"], True, lambda a: ip(a).version if ip(a) else None),
    ],
    "float": [("float", ["int"], False, float), ("float", ["bytes"], False, float), ("float", ["packets"], False, float), ("abs", ["float"], False, abs)],
    "bool": [
        ("starts_with", ["string", "string"], False, lambda s, p: s.startswith(p)), ("ends_with", ["string", "string"], False, lambda s, p: s.endswith(p)),
        ("contains", ["string", "string"], False, lambda s, p: p in s), ("is_address", ["ip"], False, lambda a: ip(a) is not None),
    ],
    "ip": [("nonempty", ["ip"], True, lambda a: a or None), ("address", ["string"], False, lambda s: s), ("address_of", ["cidr"], False, lambda c: c.split("/")[0])],
    "duration": [("abs", ["duration"], False, lambda v: held(abs(v)))],
    "time": [("min", ["time", "time"], False, min), ("max", ["time", "time"], False, max), ("nonzero", ["time"], True, lambda v: v or None)],
    "[string]": [("split", ["string", "string"], False, split)],
}
for u in NUMBERS:
    CALLS.setdefault(u, []).extend([("min", [u, u], False, min), ("max", [u, u], False, max), ("nonzero", [u], True, lambda v: v if v != 0 else None)])
REGEXES = [("^[a-z]+$", lambda s: re.search(r"^[a-z]+\Z", s)), ("[0-9]", lambda s: re.search("[0-9]", s)), ("^$", lambda s: s == ""), ("a|é", lambda s: re.search("a|é", s)), ("x/.*", lambda s: re.search("x/.*", s))]
