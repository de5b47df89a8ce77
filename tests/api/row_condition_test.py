#!/usr/bin/env python3
"""FEEL to SQL: random row conditions over random rows say the same on the machine and in PostgreSQL.  SEED, ROUNDS."""
import random
from harness import *

place = Place(packages=('county/deqing', 'apps/*'))
seed = int(os.environ.get('SEED', '20261125'))
rng = random.Random(seed)
FIELDS = {'a': 'number', 'b': 'number', 's': 'string', 'u': 'string', 'd': 'date', 't': 'boolean'}
TYPES = {'number': 'numeric', 'string': 'text', 'date': 'date', 'boolean': 'boolean'}
WORDS = ['', '3305', '330521', '330521003', "o'x", '\\', '德清', '😀', 'A', 'a%']
DATES = ['1940-01-01', '1999-12-31', '2000-02-29', '2026-11-25']
ME = {'login': 'police', 'organisation': '330521', 'area': '3305', 'duty': None, 'purpose': '', 'id_number': None, 'uscc': 'A'}


def literal(kind):
    return {'number': lambda: rng.choice(['0', '1', '-3', '2.50', '1000000', '0.1']),
            'string': lambda: json.dumps(rng.choice(WORDS), ensure_ascii=False),
            'date': lambda: f'date("{rng.choice(DATES)}")',
            'boolean': lambda: rng.choice(['true', 'false'])}[kind]()


def name(kind):
    return rng.choice([f for f, k in FIELDS.items() if k == kind])


def operand(kind, depth):
    r = rng.random()
    if kind == 'string' and r < 0.25:
        return 'me.' + rng.choice(list(ME))
    if depth and kind == 'number' and r < 0.3:
        return rng.choice([f'({operand(kind, depth - 1)} {rng.choice("+-")} {operand(kind, depth - 1)})', f'string length({operand("string", depth - 1)})',
                           f'-{name("number")}'])
    if depth and kind == 'string' and r < 0.35:
        return f'({operand(kind, depth - 1)} + {operand(kind, depth - 1)})'
    if depth and r < 0.4:
        return f'(if {condition(depth - 1)} then {operand(kind, depth - 1)} else {operand(kind, depth - 1)})'
    return name(kind) if r < 0.75 else literal(kind)


def condition(depth):
    kind = rng.choice(['number', 'string', 'date'])
    choices = [
        lambda: f'{operand(kind, depth)} {rng.choice(["=", "!=", "<", "<=", ">", ">="])} {operand(kind, depth)}',
        lambda: f'{operand(kind, depth)} {rng.choice(["=", "!="])} null',
        lambda: f'{name(kind)} in ({", ".join(literal(kind) for _ in range(rng.randint(1, 3)))})',
        lambda: f'{name(kind)} in [{literal(kind)}, {literal(kind)}]',
        lambda: f'list contains([{literal(kind)}, {operand(kind, 0)}], {operand(kind, 0)})',
        lambda: f'{name("number")} in {rng.choice("[(")}{rng.randint(-5, 0)}..{rng.randint(1, 9)}{rng.choice("])")}',
        lambda: f'{name("number")} in (< {literal("number")}, >= {literal("number")})',
        lambda: f'{operand(kind, depth)} between {literal(kind)} and {operand(kind, 0)}',
        lambda: f'{rng.choice(["starts with", "ends with", "contains"])}({operand("string", depth)}, {operand("string", 0)})',
        lambda: 't' if rng.random() < 0.5 else f't = {literal("boolean")}',
    ]
    if depth:
        choices += [lambda: f'({condition(depth - 1)} {rng.choice(["and", "or"])} {condition(depth - 1)})'] * 6
        choices += [lambda: f'not({condition(depth - 1)})'] * 3
        choices += [lambda: f'if {condition(depth - 1)} then {condition(depth - 1)} else {condition(depth - 1)}']
    return rng.choice(choices)()


def cell(kind):
    if rng.random() < 0.2:
        return None
    return {'number': lambda: rng.choice([0, 1, -3, 2.5, 1000000, 0.1]), 'string': lambda: rng.choice(WORDS),
            'date': lambda: rng.choice(DATES), 'boolean': lambda: rng.random() < 0.5}[kind]()


def feel(lines):
    r = place.run('feel', '--batch', input='\n'.join(json.dumps(x) for x in lines) + '\n')
    return [json.loads(x) for x in r.stdout.splitlines()]


def typed(row):
    return {f: {'@type': 'date', 'value': v} if FIELDS.get(f) == 'date' and v else v for f, v in row.items()}


def quoted(v):
    return 'null' if v is None else "'" + str(v).replace("'", "''") + "'"


for _ in range(int(os.environ.get('ROUNDS', '1'))):  # 24,000 comparisons a round
    conditions = [condition(3) for _ in range(600)]
    sql = feel([{'id': i, 'expression': c, 'fields': FIELDS} for i, c in enumerate(conditions)])
    taken = [(c, s['result']) for c, s in zip(conditions, sql) if 'result' in s]
    refused = [(c, s['error']) for c, s in zip(conditions, sql) if 'result' not in s]
    check('most random conditions are taken', len(taken) > 500, refused[:5])
    rows = [{f: cell(k) for f, k in FIELDS.items()} for _ in range(40)]
    asks = [{'id': (i, j), 'expression': c, 'context': dict(typed(r), me=ME)} for i, (c, _) in enumerate(taken) for j, r in enumerate(rows)]
    scalar = [a.get('result', a.get('error')) for a in feel(asks)]
    values = ', '.join(f'({j}, ' + ', '.join(f'{quoted(r[f])}::{TYPES[k]}' for f, k in FIELDS.items()) + ')' for j, r in enumerate(rows))
    me = ', '.join(f'{quoted(v)}::text as {k}' for k, v in ME.items())
    differ, told = 0, []
    for i, (c, s) in enumerate(taken):
        got = place.sql(f"select coalesce(({s})::text, 'null') from (values {values}) t(n, {', '.join(FIELDS)}), (select {me}) me order by n").split('\n')
        for j in range(len(rows)):
            want = {True: 'true', False: 'false', None: 'null'}.get(scalar[i * len(rows) + j], scalar[i * len(rows) + j])
            if want != got[j]:
                differ += 1
                told.append((c, rows[j], want, got[j]))
    check(f'{len(taken)} conditions × {len(rows)} rows: both say the same, seed {seed}', differ == 0 and len(scalar) == len(taken) * len(rows), (differ, told[:4]))

# What PostgreSQL would answer otherwise, and what tries to break out, is refused or stays a constant.
for text in ['a * b > 1', 'a / b > 1', 'upper case(s) = "A"', 'matches(s, "a")', 's < 3', 'foo = 1', 'a', 'me = null', 'me.password = "x"',
             'some x in [1] satisfies x = a', 'a in [9..1] and', 's = "\\u0000"', 'now() > d', 'function(x) x']:
    check(f'refused with its place: {text}', 'error' in feel([{'id': 1, 'expression': text, 'fields': FIELDS}])[0])
for text in ["'; drop table data.person; --", "\\'; select 1", "x') or true or ('", '$$ or true $$', "%' or '1'='1"]:
    s = feel([{'id': 1, 'expression': f's = {json.dumps(text)}', 'fields': FIELDS}])[0]['result']
    got = place.sql(f"select {s} from (values ({quoted(text)}), ('other')) t(s)").split('\n')
    check(f'a text stays a text: {text}', got == ['t', 'f'], (s, got))
end()
