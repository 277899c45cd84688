#!/usr/bin/env python3
"""expressions.py - random expressions of the language, compiled, against an evaluator of their own meaning.

    tests/fuzz/expressions.py [--keep DIR] [--per N] RUNS SEED

RUNS is about how many values are compared; 1200 make one program. Each program is one pipeline: a schema with a field of every
type, a few lets and functions, and a transform with many random expressions. It is compiled with $CC and the project's warnings as errors, fed with records full of nulls and limits, and each
value that comes out is compared with what `Expr.value` says. An expression that flowc refuses (a constant that goes over, a
comparison that is decided) is taken out and counted; a refusal that is not in EXPECTED is a failure.

The evaluator knows nothing of the compiler: null is None, integers are held at 64 bits, `and`/`or` have three values.
Environment: FLOWC, FLOWC_RUNTIME, CC, EXTRA_CFLAGS.
"""

import argparse
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from expr_values import (
    ALL, AND, and3, ARITH, CALLS, CMP, COAL, COND, decoded, ELEMS, ENUMS, Expr, fdiv, FIELDS, held, idiv, imod, INTS, ip,
    IPS, KEYS, kind, MIN, net_has, NETS, NOT, NUMBERS, opposite, OR, or3, ORDER, POST, PROD, quote, rate, REC, REGEXES,
    same_ip, STATE_NUMBERS, strict, SUM, TEXTS, UNARY,
)

FLOWC = os.environ.get("FLOWC", "flowc")
WARN = ("-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef -Wformat-security "
        "-Wno-missing-field-initializers -Wno-format-zero-length -Werror")
# What may be wrong with a random expression although it has the right types.
EXPECTED = {"E0218", "E0219", "E0010", "E0215", "E0405", "E0016"}


class Nothing(Exception):
    """No expression of that type can be made here."""


class Generator:
    def __init__(self, rng):
        self.rng = rng
        self.vars = []          # (name, type, null, value)
        self.narrow = set()     # names known to be there
        self.functions = []     # (name, [(type, null)], type, null, call)
        self.locals = 0

    def names(self, type_):
        return [v for v in self.vars if v[1] == type_]

    def name(self, v):
        name, type_, null, value = v
        return Expr(name, POST, type_, null and name not in self.narrow, value)

    def literal(self, type_):
        r = self.rng
        if type_ == "int":
            n = r.choice(INTS + list(range(-5, 6)) * 4)
            if n == MIN:
                n += 1
            return Expr(str(n), UNARY if n < 0 else POST, "int", False, lambda env: n)
        if type_ == "float":
            f = r.choice([0.5, 1.0, 2.25, 1e-3, 100.0, 7.0])
            return Expr(repr(f), POST, "float", False, lambda env: f)
        if type_ == "string":
            s = r.choice(TEXTS)
            return Expr(quote(s), POST, "string", False, lambda env: s)
        if type_ == "bool":
            b = r.random() < 0.5
            return Expr("true" if b else "false", POST, "bool", False, lambda env: b)
        if type_ == "ip":
            a = r.choice(["10.0.0.1", "192.168.0.1", "8.8.8.8", "2001:db8::7"])
            return Expr(a, POST, "ip", False, lambda env: a)
        if type_ == "duration":
            text, n = r.choice([("5s", 5 * 10**9), ("50ms", 5 * 10**7), ("1h", 3600 * 10**9), ("10ns", 10), ("2d", 2 * 86400 * 10**9)])
            return Expr(text, POST, "duration", False, lambda env: n)
        if type_ == "bytes":
            text, n = r.choice([("100B", 100), ("64KiB", 65536), ("2GiB", 2**31)])
            return Expr(text, POST, "bytes", False, lambda env: n)
        if type_ == "[string]":
            items = r.sample(TEXTS[:20], r.randrange(1, 4))
            return Expr(f"[{', '.join(map(quote, items))}]", POST, type_, False, lambda env: items)
        if type_ in ("[int]", "[ip]"):
            parts = [self.literal(type_[1:-1]) for _ in range(2)] + [self.name(v) for v in self.names(type_[1:-1])[:2] if not v[2] and r.random() < 0.5]
            return Expr(f"[{', '.join(p.text for p in parts)}]", POST, type_, False, lambda env: [p.value(env) for p in parts])
        return None

    def gen(self, type_, depth):
        """An expression of the type, or of T? where it says so."""
        r = self.rng
        made = None
        for _ in range(6):
            if depth <= 0 or r.random() < 0.12:
                known = self.names(type_)
                lit = self.literal(type_)
                made = lit if lit and (not known or r.random() < 0.3) else self.name(r.choice(known)) if known else None
            else:
                kept = set(self.narrow), list(self.vars)
                try:
                    made = self.compound(type_, depth - 1)
                except Nothing:
                    self.narrow, self.vars = kept
            if made:
                return made
        known = self.names(type_)
        made = self.name(r.choice(known)) if known else self.literal(type_)
        if not made:
            raise Nothing
        return made

    def maybe(self, type_, depth):
        try:
            return self.gen(type_, depth)
        except Nothing:
            return None

    def optional(self, type_, depth):
        """Surely of type T?, for ?? and has."""
        for _ in range(4):
            e = self.gen(type_, depth)
            if e.null:
                return e
        known = [v for v in self.names(type_) if v[2] and v[0] not in self.narrow]
        return self.name(self.rng.choice(known)) if known else None

    def present(self, type_, depth):
        """Surely not null."""
        e = self.gen(type_, depth)
        if not e.null:
            return e
        known = [v for v in self.names(type_) if not v[2]]
        d = self.literal(type_) or (self.name(known[0]) if known else None)
        if not d:
            raise Nothing
        return Expr(f"{e.at(COAL)} ?? {d.at(UNARY)}", COAL, type_, False, lambda env: d.value(env) if e.value(env) is None else e.value(env))

    # -- what gives any type

    def conditional(self, type_, depth):
        r = self.rng
        guards = [v for v in self.vars if v[2] and v[0] not in self.narrow]
        if guards and r.random() < 0.35:
            g = r.choice(guards)
            more = None
            self.narrow.add(g[0])
            yes = self.gen(type_, depth)
            if r.random() < 0.4:
                more = self.gen("bool", depth - 1)
            self.narrow.discard(g[0])
            no = self.gen(type_, depth)
            text = f"has {g[0]}" + (f" and {more.at(NOT)}" if more else "")
            cond = lambda env: g[3](env) is not None and (more is None or more.value(env) is True)
        else:
            c = self.gen("bool", depth)
            yes, no = self.gen(type_, depth), self.gen(type_, depth)
            text, cond = c.at(OR), lambda env: c.value(env) is True
        if r.random() < 0.12:
            no = Expr("null", POST, type_, True, lambda env: None)
        return Expr(f"{text} ? {yes.at(OR if r.random() < 0.5 else POST)} : {no.at(COND)}", COND, type_, yes.null or no.null, lambda env: yes.value(env) if cond(env) else no.value(env))

    def coalesce(self, type_, depth):
        a = self.optional(type_, depth)
        if not a:
            return None
        b = self.gen(type_, depth)
        return Expr(f"{a.at(COAL)} ?? {b.at(UNARY)}", COAL, type_, b.null, lambda env: b.value(env) if a.value(env) is None else a.value(env))

    def match(self, type_, depth):
        r = self.rng
        on = r.choice(["Proto", "State", "int", "string"])
        e = self.gen(on, depth)
        values = list(ENUMS[on]) if on in ENUMS else r.sample([str(n) for n in (-1, 0, 1, 2, 10, 1000)], 3) if on == "int" else r.sample([quote(t) for t in ("a", "", "pod", "é", "TCP")], 3)
        key = {v: (v if on in ENUMS else json.loads(v)) for v in values}
        r.shuffle(values)
        arms, rows, null = [], [], False
        whole = on in ENUMS and r.random() < 0.5
        null_arm = e.null and r.random() < 0.5
        if not whole:
            values = values[: r.randrange(1, len(values))]
        while values:
            n = min(len(values), r.choice([1, 1, 2]))
            take, values = values[:n], values[n:]
            v = self.gen(type_, depth)
            with_null = null_arm and r.random() < 0.4
            null_arm = null_arm and not with_null
            arms.append(f"{', '.join(take + (['null'] if with_null else []))} => {v.at(COND)};")
            rows.append(([key[t] for t in take] + ([None] if with_null else []), v))
        if null_arm:
            v = self.gen(type_, depth)
            arms.append(f"null => {v.at(COND)};")
            rows.append(([None], v))
        rest = None
        if not whole:
            rest = self.gen(type_, depth)
            arms.append(f"_ => {rest.at(COND)};")
        takes_null = any(None in p for p, _ in rows) or rest is not None
        null = any(v.null for _, v in rows) or (rest is not None and rest.null) or (e.null and not takes_null)

        def value(env):
            x = e.value(env)
            for pats, v in rows:
                if any(x is None if p is None else (x is not None and x == p and type(x) is type(p)) for p in pats):
                    return v.value(env)
            return rest.value(env) if rest is not None else None

        return Expr(f"match {e.at(OR)} {{ {' '.join(arms)} }}", POST, type_, null, value)

    def call(self, type_, depth):
        rows = CALLS.get(type_)
        if not rows:
            return None
        name, params, null, f = self.rng.choice(rows)
        args = [self.gen(p, depth) for p in params]
        if any(a is None for a in args):
            return None
        return Expr(f"{name}({', '.join(a.text for a in args)})", POST, type_, null or any(a.null for a in args), strict(f, *args))

    def function(self, type_, depth):
        known = [f for f in self.functions if f[2] == type_]
        if not known:
            return None
        name, params, _, null, call = self.rng.choice(known)
        args = [self.gen(t, depth) for t, _ in params]
        if any(a is None for a in args):
            return None
        null = null or any(a.null and not opt for a, (_, opt) in zip(args, params))

        def value(env):
            vals = [a.value(env) for a in args]
            if any(v is None and not opt for v, (_, opt) in zip(vals, params)):
                return None
            return call(env, vals)

        return Expr(f"{name}({', '.join(a.text for a in args)})", POST, type_, null, value)

    def arith(self, type_, depth):
        rows = [a for a in ARITH if a[3] == type_]
        if not rows:
            return None
        op, lt, rt, _, f = self.rng.choice(rows)
        a, b = self.gen(lt, depth), self.gen(rt, depth)
        p = SUM if op in "+-" else PROD
        nullable = f in (idiv, imod, fdiv, rate) and not (re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?|[0-9]+(s|ms|h|ns|d|B|KiB|GiB)", b.text) is not None and b.type != "float")
        return Expr(f"{a.at(p)} {op} {b.at(p + 1)}", p, type_, a.null or b.null or nullable, strict(f, a, b))

    def negative(self, type_, depth):
        if type_ not in NUMBERS:
            return None
        a = self.gen(type_, depth)
        return Expr(f"-{a.at(POST)}", UNARY, type_, a.null, strict(lambda v: -v if type_ == "float" else held(-v), a))

    def member(self, type_, depth):
        fields = [k for k, (t, _) in REC.items() if t == type_]
        if not fields:
            return None
        base, k = self.gen("Rec", depth), self.rng.choice(fields)
        return Expr(f"{base.at(POST)}.{k}", POST, type_, base.null or REC[k][1], lambda env: None if base.value(env) is None else base.value(env)[k])

    def new(self, depth):
        parts = {k: (self.gen(t, depth) if opt else self.present(t, depth)) for k, (t, opt) in REC.items() if not opt or self.rng.random() < 0.6}
        text = " ".join(f"{k}{'?' if REC[k][1] else ''} = {v.text};" for k, v in parts.items())
        return Expr(f"new Rec {{ {text} }}", POST, "Rec", False, lambda env: {k: (parts[k].value(env) if k in parts else None) for k in REC})

    def map_value(self, type_, depth):
        t = {"string": "map<string>", "int": "map<int>"}.get(type_)
        if not t:
            return None
        m, k = self.gen(t, 0), self.gen("string", depth) if self.rng.random() < 0.3 else None
        k = k or Expr(*(lambda s: (quote(s), POST, "string", False, lambda env: s))(self.rng.choice(KEYS)))
        return Expr(f"{m.at(POST)}[{k.text}]", POST, type_, True, strict(lambda mv, kv: mv.get(kv), m, k))

    def template(self, depth):
        parts, texts = [], []
        for _ in range(self.rng.randrange(1, 4)):
            if self.rng.random() < 0.5:
                s = self.rng.choice(["a", "-", ":", "é", "/"])
                texts.append(s)
                parts.append(Expr("", POST, "string", False, lambda env, s=s: s))
            else:
                e = self.gen("string", min(depth, 1))
                if '"' in e.text or "{" in e.text or "\\" in e.text:
                    known = self.names("string")
                    if not known:
                        raise Nothing
                    e = self.name(self.rng.choice(known))
                texts.append("{" + e.text + "}")
                parts.append(e)
        return Expr('f"' + "".join(texts) + '"', POST, "string", any(p.null for p in parts), strict(lambda *v: "".join(v), *parts))

    # -- bool

    def boolean(self, depth):
        r = self.rng
        what = r.choice(["and", "or", "not", "compare", "compare", "compare", "ip", "has", "in", "in", "matches", "any", "equal"])
        if what in ("and", "or"):
            a = self.gen("bool", depth)
            guard = [v for v in self.vars if v[2] and v[0] not in self.narrow]
            if what == "and" and guard and r.random() < 0.4:
                g = r.choice(guard)
                a = Expr(f"has {g[0]}", UNARY, "bool", False, lambda env: g[3](env) is not None)
                self.narrow.add(g[0])
                b = self.gen("bool", depth)
                self.narrow.discard(g[0])
            else:
                b = self.gen("bool", depth)
            f = and3 if what == "and" else or3
            return Expr(f"{a.at(NOT)} {what} {b.at(NOT)}", AND if what == "and" else OR, "bool", a.null or b.null, lambda env: f(a.value(env), lambda: b.value(env)))
        if what == "not":
            a = self.gen("bool", depth)
            return Expr(f"not {a.at(NOT)}", NOT, "bool", a.null, lambda env: opposite(a.value(env)))
        if what == "compare":
            t = r.choice(["int", "float", "bytes", "packets", "time", "duration"])
            op = r.choice(list(ORDER))
            a, b = self.gen(t, depth), self.gen(t, depth)
            return Expr(f"{a.at(COAL)} {op} {b.at(COAL)}", CMP, "bool", a.null or b.null, strict(ORDER[op], a, b))
        if what == "equal":
            t, op = r.choice(["string", "string", "bool", "Proto", "State", "cidr"]), r.choice(["==", "!="])
            a, b = self.gen(t, depth), self.gen(t, depth)
            if t in ENUMS and r.random() < 0.7:
                v = r.choice(ENUMS[t])
                b = Expr(v, POST, t, False, lambda env: v)
            return Expr(f"{a.at(COAL)} {op} {b.at(COAL)}", CMP, "bool", a.null or b.null, strict(ORDER[op], a, b))
        if what == "ip":
            a, b = self.gen("ip", depth), self.gen("ip", depth)
            eq = r.random() < 0.5
            return Expr(f"{a.at(COAL)} {'==' if eq else '!='} {b.at(COAL)}", CMP, "bool", True, strict(same_ip if eq else lambda x, y: opposite(same_ip(x, y)), a, b))
        if what == "has":
            t = r.choice(ALL + ["Rec"])
            a = self.optional(t, depth)
            return a and Expr(f"has {a.at(POST)}", UNARY, "bool", False, lambda env: a.value(env) is not None)
        if what == "matches":
            a, (pattern, f) = self.gen("string", depth), r.choice(REGEXES)
            return Expr(f"{a.at(COAL)} matches {quote(pattern)}", CMP, "bool", a.null, strict(lambda s: bool(f(s)), a))
        if what == "any":
            return self.any(depth)
        return self.contained(depth)

    def any(self, depth):
        t = self.rng.choice(["string", "int", "ip", "cidr"])
        l = self.gen(f"[{t}]", depth)
        if not l:
            return None
        self.locals += 1
        name = f"x{self.locals}"
        self.vars.append((name, t, False, lambda env: env[name]))
        if self.rng.random() < 0.7:     # make sure that it is used
            x = self.name(self.vars[-1])
            if t == "cidr":
                y = self.gen("ip", 0)
                c = Expr(f"{y.at(COAL)} in {x.text}", CMP, "bool", True, strict(lambda a, n: net_has(n, a), y, x))
            else:
                y = self.gen(t, depth - 1)
                c = Expr(f"{x.text} == {y.at(COAL)}", CMP, "bool", y.null or t == "ip", strict(same_ip if t == "ip" else ORDER["=="], x, y))
        else:
            c = self.gen("bool", depth - 1)
        self.vars.pop()

        def value(env):
            xs = l.value(env)
            return None if xs is None else any(c.value({**env, name: v}) is True for v in xs)

        return Expr(f"any({name} in {l.at(COAL)} where {c.text})", POST, "bool", l.null, value)

    def contained(self, depth):
        r = self.rng
        what = r.choice(["strings", "ints", "list", "nets", "ips", "cidr", "enum", "map", "cidrs"])
        if what == "strings":
            a = self.gen("string", depth)
            items = r.sample(TEXTS[:20], 3)
            return Expr(f"{a.at(COAL)} in [{', '.join(map(quote, items))}]", CMP, "bool", a.null, strict(lambda v: v in items, a))
        if what == "ints":
            a = self.gen("int", depth)
            items = r.sample([n for n in INTS if n != MIN], 3)
            return Expr(f"{a.at(COAL)} in [{', '.join(map(str, items))}]", CMP, "bool", a.null, strict(lambda v: v in items, a))
        if what == "enum":
            t = r.choice(list(ENUMS))
            a, items = self.gen(t, depth), r.sample(ENUMS[t], 2)
            return Expr(f"{a.at(COAL)} in [{', '.join(items)}]", CMP, "bool", a.null, strict(lambda v: v in items, a))
        if what == "list":
            t = r.choice(["string", "int"])
            a, l = self.gen(t, depth), self.gen(f"[{t}]", depth)
            return l and Expr(f"{a.at(COAL)} in {l.at(COAL)}", CMP, "bool", a.null or l.null, strict(lambda v, xs: v in xs, a, l))
        if what == "map":
            a, m = self.gen("string", depth), self.gen(r.choice(["map<string>", "map<int>"]), 0)
            return Expr(f"{a.at(COAL)} in {m.at(COAL)}", CMP, "bool", a.null or m.null, strict(lambda k, mv: k in mv, a, m))
        if what == "nets":
            a, items = self.gen("ip", depth), r.sample(NETS[:5], r.randrange(1, 4))
            return Expr(f"{a.at(COAL)} in [{', '.join(items)}]", CMP, "bool", True, strict(lambda v: None if ip(v) is None else any(net_has(n, v) for n in items), a))
        if what == "cidr":
            a, n = self.gen("ip", depth), self.gen("cidr", 0)
            return Expr(f"{a.at(COAL)} in {n.at(COAL)}", CMP, "bool", True, strict(lambda v, net: net_has(net, v), a, n))
        if what == "cidrs":
            a, l = self.gen("ip", depth), self.gen("[cidr]", 0)
            return Expr(f"{a.at(COAL)} in {l.at(COAL)}", CMP, "bool", True, strict(lambda v, nets: None if ip(v) is None else any(net_has(n, v) for n in nets), a, l))
        a = self.gen("ip", depth)
        if r.random() < 0.5:
            items = ["10.0.0.1", "2001:db8::7"]
            return Expr(f"{a.at(COAL)} in [{', '.join(items)}]", CMP, "bool", True, strict(lambda v: None if ip(v) is None else any(same_ip(v, x) for x in items), a))
        l = self.gen("[ip]", 0)
        if l.text.startswith("["):      # literals beside names: flowc takes the literals for prefixes
            raise Nothing
        return Expr(f"{a.at(COAL)} in {l.at(COAL)}", CMP, "bool", True, strict(lambda v, xs: None if ip(v) is None else any(same_ip(v, x) for x in xs), a, l))

    def compound(self, type_, depth):
        r = self.rng
        if type_ == "bool" and r.random() < 0.65:
            return self.boolean(depth)
        if type_ == "Rec":
            return r.choice([self.new, lambda d: self.conditional(type_, d), lambda d: self.coalesce(type_, d), lambda d: self.match(type_, d)])(depth)
        if type_.startswith("map") or type_ == "cidr":
            return None
        if type_ in ("[int]", "[ip]", "[cidr]"):
            return None if r.random() < 0.6 else r.choice([self.coalesce, self.conditional])(type_, depth)
        ways = [self.conditional, self.coalesce, self.match, self.call, self.call, self.function, self.arith, self.arith, self.negative, self.member, self.map_value]
        if type_ == "string":
            ways.append(lambda t, d: self.template(d))
        return r.choice(ways)(type_, depth)


# ---- a program --------------------------------------------------------------------------------------------------------------


def program(rng, per):
    g = Generator(rng)
    decls = []
    for name, ((q, decl), _) in FIELDS.items():
        decls.append(f"    {name}{q} : {decl};")
        g.vars.append((name, kind(decl), bool(q), lambda env, name=name: env[name]))
    head = ['pipeline expressions "random expressions";', "enum Proto : string { TCP; UDP; ICMP; other; }", "enum State { OPEN = 0; CLOSED = 1; RESET = 7; }",
            "record Rec { n : int; s : string; m? : int; a? : ip; }", "schema In {", *decls, "}", "source stdin { decode json; }"]
    body = []       # (line, name or None)
    fields = list(g.vars)
    for i in range(4):
        params = [(f"q{i}{k}", rng.choice(ALL[:9] + ["Rec"]), rng.random() < 0.5) for k in range(rng.randrange(1, 4))]
        g.vars = [(n, t, opt, lambda env, n=n: env[n]) for n, t, opt in params]
        lets = []
        for k in range(rng.randrange(3)):
            e = g.maybe(rng.choice(ALL[:9]), 2)
            if not e:
                continue
            lets.append((f"w{i}{k}", e))
            g.vars.append((f"w{i}{k}", e.type, e.null, e.value))
        t = rng.choice(ALL[:9])
        e = g.maybe(t, 3)
        if not e:
            continue
        opt = e.null
        sign = ", ".join(f"{n} : {ty}{'?' if o else ''}" for n, ty, o in params)
        inner = " ".join(f"let {n} = {x.text};" for n, x in lets)
        body.append((f"function fn{i}({sign}) : {t}{'?' if opt else ''} {{ {inner} return {e.text}; }}", None))
        g.functions.append((f"fn{i}", [(ty, o) for _, ty, o in params], t, opt, lambda env, vals, e=e, names=[p[0] for p in params]: e.value({**env, **dict(zip(names, vals))})))
    g.vars = fields
    for i in range(6):
        e = g.maybe(rng.choice(ALL + ["Rec", "[string]", "[ip]", "[int]"]), 3)
        if e:
            body.append((f"let v{i} = {e.text};", None))
            g.vars.append((f"v{i}", e.type, e.null, e.value))
    exprs = []
    for i in range(per):
        t = rng.choice(ALL + ["bool", "int", "string"])
        e = g.maybe(t, rng.choice([1, 2, 3, 4]))
        if e:
            exprs.append((f"z{i}", e))
    return head, body, exprs


# What random programs say though nobody could mean it.
ALLOWED = "allow never_true; allow always_true; allow unreachable_rule; "


def source(head, body, exprs):
    """The program's text; exprs that are bool are asked as text, so that false and null differ."""
    lines = head + [ALLOWED + b for b, _ in body] + [ALLOWED + "transform Out {", "    id = i;"] + [f"    {n}? = {e.text};" for n, e in exprs] + ["}", "output { store direct; encode ndjson; write stdout; }"]
    return "\n".join(lines) + "\n"


def shown(e, v):
    """The value as the output's JSON has it."""
    if v is None:
        return None
    if e.type == "State":
        return STATE_NUMBERS[v]
    if e.type == "time":
        return ("ns", v)
    return v


def same(e, want, got):
    want = shown(e, want)
    if isinstance(want, tuple):     # a time comes out in the form of its field: ns or ms, fractions cut
        n = want[1]
        return got is not None and got in (n, int(n / 10**6) if abs(n) < 2**53 else (n // 10**6 if n >= 0 else -(-n // 10**6)), n // 10**6, -(-n // 10**6))
    if isinstance(want, float) and got is not None:
        return float(got) == want or (math.isinf(want) or math.isnan(want))
    return want == got and type(want) is type(got)


class Failure(Exception):
    pass


def refused(stderr):
    """(line, id) of each diagnostic; its first line is `file:line:col-col: error: .. [E0219]`."""
    out = []
    for m in re.finditer(r"^(?:[^:\n]*):(\d+):[\d-]+: (?:error): .*?\[([EW]\d+)(?: \w+)?\]$", stderr, re.M):
        out.append((int(m.group(1)), m.group(2)))
    return out


def one(rng, per, records, where):
    head, body, exprs = program(rng, per)
    path = os.path.join(where, "x.flow")
    dropped = 0
    while True:
        text = source(head, body, exprs)
        with open(path, "w") as f:
            f.write(text)
        r = subprocess.run([FLOWC, "check", path], capture_output=True, text=True, timeout=120)
        if r.returncode == 0:
            break
        if r.returncode != 1:
            raise Failure(f"flowc check ends with {r.returncode}\n{r.stderr[:3000]}")
        bad = refused(r.stderr)
        if not bad:
            raise Failure(f"not understood:\n{r.stderr[:3000]}")
        lines = text.split("\n")
        for line, ident in bad:
            if ident not in EXPECTED and ident[0] == "E":
                raise Failure(f"{ident} for\n{lines[line - 1].strip()[:2000]}\n{r.stderr[:3000]}")
        first = len(head) + len(body) + 3
        take = {line - first for line, _ in bad}
        if any(t < 0 for t in take):        # a let or function: another program
            return 0, 1
        dropped += len(take)
        exprs = [x for i, x in enumerate(exprs) if i not in take]
    env = dict(os.environ)
    env["FLOWC_CFLAGS"] = f"-O1 {WARN} {os.environ.get('EXTRA_CFLAGS', '')}"
    r = subprocess.run([FLOWC, "build", path, "-o", os.path.join(where, "x"), "--keep-c=" + os.path.join(where, "x.c")], capture_output=True, text=True, env=env, timeout=600)
    if r.returncode:
        raise Failure(f"the C does not compile\n{r.stderr[-4000:]}")
    rows, envs = [], []
    for n in range(records):
        row = {}
        for name, ((q, decl), make) in FIELDS.items():
            if not q or rng.random() < 0.6:
                row[name] = make(rng)
            elif rng.random() < 0.5:
                row[name] = None
        rows.append(row)
        envs.append({name: decoded(decl, row.get(name)) for name, ((q, decl), _) in FIELDS.items()})
    data = "".join(json.dumps(row, ensure_ascii=rng.random() < 0.5) + "\n" for row in rows)
    with open(os.path.join(where, "x.json"), "w") as f:
        f.write(data)
    r = subprocess.run([os.path.join(where, "x"), "--input", os.path.join(where, "x.json"), "--output", "-"], capture_output=True, text=True, timeout=120)
    got = [json.loads(l) for l in r.stdout.split("\n") if l and not l.startswith("---")]
    if r.returncode or len(got) != len(rows):
        raise Failure(f"status {r.returncode}, {len(got)} of {len(rows)} records\n{r.stderr[-3000:]}")
    for row, e_env, out in zip(rows, envs, got):
        for name, e in exprs:
            want = row.get(e.text) if e.text in FIELDS and e.type == "Proto" else e.value(e_env)     # what is passed on is as it came
            have = out.get(name)
            if want is not None and not e.null and have is None or not same(e, want, have):
                raise Failure(f"{name} ({e.type}{'?' if e.null else ''}): expected {want!r}, came {have!r}\n  {e.text}\nrecord: {json.dumps(row, ensure_ascii=False)}\n" + "\n".join(b for b, _ in body))
    return len(exprs) * len(rows), dropped


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--keep", metavar="DIR")
    ap.add_argument("--per", type=int, default=60, help="expressions in a program")
    ap.add_argument("--records", type=int, default=40)
    ap.add_argument("runs", type=int)
    ap.add_argument("seed", type=int)
    args = ap.parse_args()
    values = dropped = 0
    programs = max(1, args.runs // 1200)
    for n in range(programs):
        where = tempfile.mkdtemp(prefix="expressions.")
        try:
            got = one(random.Random(args.seed * 100000 + n), args.per, args.records, where)
            values += got[0]
            dropped += got[1]
        except Failure as f:
            print(f"program {n} of seed {args.seed}: {f}")
            if args.keep:
                shutil.copytree(where, args.keep, dirs_exist_ok=True)
            return 1
        finally:
            shutil.rmtree(where, ignore_errors=True)
    print(f"{programs} programs, {values} values as expected, {dropped} expressions refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
