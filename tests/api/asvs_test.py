#!/usr/bin/env python3
"""docs/security-asvs.md cannot rot: each row is whole, and every test and check it names is there."""
import ast, re
from harness import *

# How many requirements of levels 1 and 2 each chapter of ASVS 4.0.3 has.
CHAPTERS = {1: 38, 2: 53, 3: 18, 4: 9, 5: 30, 6: 13, 7: 12, 8: 15, 9: 7, 10: 5, 11: 8, 12: 15, 13: 13, 14: 23}


def checks_of(path):
    """The first argument of each check(), as it stands in the source: {…} of f-strings too."""
    source, names = path.read_text(), set()
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and getattr(call.func, 'id', '') in ('check', 'skip') and call.args:
            name = call.args[0]
            if isinstance(name, ast.Constant):
                names.add(name.value)
            elif isinstance(name, ast.JoinedStr):
                names.add(''.join(p.value if isinstance(p, ast.Constant) else piece(p) for p in name.values))
    return names


def piece(p):
    """A replacement field of an f-string as it was written."""
    return '{' + ast.unparse(p.value) + ('!' + chr(p.conversion) if p.conversion > 0 else '') + '}'


def is_there(shown):
    """NAME_test: CHECK · unit ROOM/NAME: FUNCTION · web NAME: TITLE · fuzz NAME · step NAME"""
    where, _, name = shown.partition(': ')
    kind, _, rest = where.partition(' ')
    if kind == 'step':
        return re.search(rf'^ *step {re.escape(rest)} ', (ROOT / 'test').read_text(), re.M)
    if kind == 'fuzz':
        return (ROOT / f'fuzz/{rest}_fuzz.c').exists()
    path = ROOT / {'unit': f'tests/unit/{rest}_test.c', 'web': f'tests/web/{rest}.test.mjs'}.get(kind, f'tests/api/{where}.py')
    if not path.exists() or not name:
        return False
    if kind == 'unit':
        return f'RUN({name});' in path.read_text()
    return f"test('{name}'" in path.read_text() if kind == 'web' else name in checks_of(path)


text = (ROOT / 'docs/security-asvs.md').read_text()
rows = [[c.strip() for c in line.strip().strip('|').split('|')] for line in text.splitlines() if re.match(r'\| \d', line)]
check('each row has its five cells', all(len(r) == 5 and r[1] for r in rows), [r for r in rows if len(r) != 5 or not r[1]])
ids = [r[0] for r in rows]
counts = {c: sum(i.split('.')[0] == str(c) for i in ids) for c in CHAPTERS}
check('every requirement once, in order', ids == sorted(set(ids), key=lambda i: [int(n) for n in i.split('.')]) and counts == CHAPTERS, counts)
check('each is answered', all(r[2] in ('yes', 'partly', 'no', 'n.a.') for r in rows), {r[2] for r in rows})
check('partly and no say why', all(r[3] for r in rows if r[2] != 'yes'), [r[0] for r in rows if r[2] != 'yes' and not r[3]])
shown = [(r[0], s) for r in rows for s in re.findall(r'`([^`]+)`', r[4])]
check('what shows it is named, or —', all(r[4] == '—' or re.fullmatch(r'(`[^`]+` ?)+', r[4]) for r in rows), [r[0] for r in rows if r[4] == ''])
missing = [s for s in shown if not is_there(s[1])]
check(f'all {len(shown)} tests and checks it names are there', len(shown) > 200 and not missing, missing)
check('a name that is none is found', not is_there('identity_test: no such check') and not is_there('no_test: x') and not is_there('fuzz none') and not is_there('step none')
      and not is_there('unit base/base: test_none') and not is_there('web journeys: none'))
end()
