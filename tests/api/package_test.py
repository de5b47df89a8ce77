#!/usr/bin/env python3
"""Packages: refused with file, line and reason; additive changes by themselves, others only with a written migration."""
import re
from harness import *

place = Place()
home = pathlib.Path(place.folder) / 'house'
for part in ('apps', 'county'):
    shutil.copytree(ROOT / part, home / part)
app = home / 'apps/well'
(app / 'data').mkdir(parents=True)


def write(path, text):
    f = app / path
    f.parent.mkdir(parents=True, exist_ok=True)
    f.write_text(text)


def schema(fields, required=('code',), key=('code',), **more):
    lines = ['{', ' "$id": "well", "x-title": {"zh": "水井", "en": "Wells"}, "x-owner": "330521-zrzy", "x-share": "none",',
             f' "x-update": "yearly", "x-key": {json.dumps(list(key))}, "type": "object", "required": {json.dumps(list(required))},',
             *[f' "{k}": {json.dumps(v)},' for k, v in more.items()], ' "properties": {']
    lines += [f'  "{n}": {json.dumps(d, ensure_ascii=False)}' + (',' if i + 1 < len(fields) else '') for i, (n, d) in enumerate(fields.items())]
    return '\n'.join(lines + [' }', '}', ''])


def field(zh, en, grade='L1', **more):
    return {'type': 'string', 'x-title': {'zh': zh, 'en': en}, 'x-grade': grade} | more


FIELDS = {'code': field('编号', 'Code'), 'depth': field('深度', 'Depth', type='number')}
write('app.yaml', 'id: well\ntitle: {zh: 水井, en: Wells}\nowner: 330521-zrzy\nneeds: [codes]\n')
write('README.md', '# Wells\n')
write('data/well.schema.json', schema(FIELDS))
apply = lambda: place.run('apply', app)
r = apply()
check('a new dataset makes its table', r.returncode == 0 and '1 tables made' in r.stdout, r.stdout + r.stderr)
check('typed, with key and history', place.sql("select string_agg(data_type, ',' order by ordinal_position) from information_schema.columns where"
      " table_schema = 'data' and table_name = 'well' and column_name in ('code', 'depth')") == 'text,numeric' and
      place.sql("select to_regclass('history.well') is not null") == 't')
(pathlib.Path(place.folder) / 'w.csv').write_text('编号,深度\nA1,12.5\nA2,8\n')
check('and takes rows', '2 new' in place.run('intake', '--quiet', 'well', 'w.csv').stdout)

more = FIELDS | {'owner': field('权属', 'Owner', 'L2')}
write('data/well.schema.json', schema(more))
r = apply()
check('a new optional field is added by itself', r.returncode == 0 and '1 columns added' in r.stdout, r.stdout + r.stderr)
check('old rows are as they were', place.sql('select count(*) from data.well where owner is null') == '2')
check('a load of the same file changes nothing for it', '2 unchanged' in place.run('intake', '--quiet', 'well', 'w.csv').stdout)

CASES = [('a new required field', schema(more | {'kind': field('类型', 'Kind')}, ('code', 'kind')), 'required'),
         ('a field that goes', schema({k: v for k, v in more.items() if k != 'depth'}), 'no longer'),
         ('a type that changes', schema(more | {'depth': field('深度', 'Depth')}), 'type'),
         ('another key', schema(more, ('code', 'owner'), ('code', 'owner')), 'key')]
for name, text, word in CASES:
    write('data/well.schema.json', text)
    r = apply()
    check(f'{name} is refused, with file, line and reason', r.returncode and re.search(r'well\.schema\.json:\d+: .*' + word, r.stderr) and
          'migrations/' in r.stderr, r.stdout + r.stderr)
check('and nothing was changed', place.sql("select count(*) from information_schema.columns where table_schema = 'data' and table_name = 'well'") == '7')
write('data/well.schema.json', CASES[2][1])
write('migrations/001-depth.sql', 'alter table data.well alter depth type text; alter table history.well alter depth type text;\n')
r = apply()
check('with a written migration it is done', r.returncode == 0 and '1 migrations run' in r.stdout, r.stdout + r.stderr)
r = apply()
check('once', r.returncode == 0 and '0 migrations run' in r.stdout, r.stdout + r.stderr)
write('migrations/001-depth.sql', 'select 1;\n')
r = apply()
check('a migration that was run is not edited', r.returncode and 'write a new file' in r.stderr, r.stdout + r.stderr)
os.remove(app / 'migrations/001-depth.sql')
write('migrations/002-broken.sql', 'alter table data.nope add x int;\n')
r = apply()
check('a broken migration leaves all as it was', r.returncode and 'nope' in r.stderr and place.sql('select count(*) from data.well') == '2', r.stderr)
os.remove(app / 'migrations/002-broken.sql')

GOOD = schema(more | {'depth': field('深度', 'Depth')})
CHECK = '''dataset: well
rules:
  - id: known-owner
    title: {zh: 权属清楚, en: Owner is known}
    field: owner
    expression: owner != null
    severity: refuse
    dimension: completeness
'''
BROKEN = [  # file, text, line, words
    ('app.yaml', 'id: other\ntitle: {zh: 水井, en: Wells}\nowner: a\n', 1, 'folder'),
    ('app.yaml', 'id: well\ntitle: {zh: 水井}\nowner: a\n', 2, 'en'),
    ('app.yaml', 'id: well\ntitle: {zh: 水井, en: Wells}\nowner: a\nneeds: [nowhere]\n', 4, 'nowhere'),
    ('app.yaml', 'id: well\n title: x\n', 2, ''),
    ('app.yaml', 'id: &a well\ntitle: *a\n', 2, 'alias'),
    ('data/well.schema.json', GOOD.replace('"L1"', '"L7"', 1), 5, 'L1'),
    ('data/well.schema.json', GOOD.replace('"code":', '"Code":', 1), 5, ''),
    ('data/well.schema.json', GOOD[:-10], None, ''),
    ('data/well.schema.json', schema({'code': field('编号', 'Code', **{'x-code': 'no-list'})}), 5, 'no-list'),
    ('data/well.schema.json', schema({'code': field('编号', 'Code', **{'x-mask': 'rainbow'})}), 5, 'mask'),
    ('data/well.schema.json', schema({'code': field('编号', 'Code')}, key=('nope',)), 3, 'key'),
    ('pages/wells.yaml', 'id: wells\ntitle: {zh: 水井, en: Wells}\nkind: list\ndataset: well\ncolumns: [code, height]\n', 5, 'height'),
    ('feeds/wells.yaml', 'id: wells\ntitle: {zh: 水井, en: Wells}\ndataset: nothing\n', None, 'nothing'),
    ('checks/wells.yaml', CHECK.replace('dataset: well', 'dataset: nothing'), 1, 'nothing'),
    ('checks/wells.yaml', CHECK.replace('owner !=', 'owner + ) !='), 6, 'expression'),
    ('checks/wells.yaml', CHECK.replace('owner !=', 'height !='), 6, 'height'),
    ('checks/wells.yaml', CHECK.replace('field: owner', 'field: height'), 5, 'height'),
    ('checks/wells.yaml', CHECK.replace('refuse', 'shout'), 7, 'severity'),
    ('checks/wells.yaml', CHECK.replace('completeness', 'beauty'), 8, 'dimension'),
    ('checks/wells.yaml', CHECK.replace(', en: Owner is known', ''), 4, 'en'),
    ('checks/wells.yaml', CHECK + CHECK[CHECK.index('  - id'):], 9, 'already'),
    ('rights.csv', 'role,resource,verb,scope\nclerk,well,fly,any\n', 2, 'verb'),
    ('rules/wells.dmn', '<definitions/>', None, ''),
    ('rules/wells.dmn', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', None, 'DOCTYPE'),
    ('test/wells.yaml', 'model: none\ncases:\n  - {name: a, decision: b, expect: 1}\n', 1, 'rules/'),
]
write('data/well.schema.json', GOOD)
for path, text, line, words in BROKEN:
    old = (app / path).read_text() if (app / path).exists() else None
    write(path, text)
    r = place.run('check', app)
    where = rf'{re.escape(path)}:{line if line else "[0-9]+"}: .*{re.escape(words)}'
    check(f'{path} with {words or "a broken form"}: file, line, reason', r.returncode == 2 and re.search(where, r.stderr), r.stderr or r.stdout)
    (app / path).write_text(old) if old is not None else os.remove(app / path)
r = place.run('check', app)
check('and in order again', r.returncode == 0, r.stderr)
# --- a check that would never end ---
write('checks/wells.yaml', CHECK.replace('owner != null', 'if code = "A4" then count(for i in 1..100000 return i * i) > 0 else true'))
(pathlib.Path(place.folder) / 'w2.csv').write_text('编号,深度\nA3,12.5\nA4,8\nA5,9\n')
r = apply()
check('a package with checks is applied', r.returncode == 0, r.stderr)
r = place.run('intake', '--quiet', 'well', 'w2.csv')
check('a row that is too much work for a check is refused, the others land', '2 new' in r.stdout and
      place.sql("select problems->0->>'check' from shuzhi.quarantine where \"values\"->>'code' = 'A4'") == 'known-owner', r.stdout + r.stderr)
os.remove(app / 'checks/wells.yaml')
os.symlink('/etc/passwd', app / 'data/link.schema.json')
check('a symbolic link is refused', place.run('check', app).returncode != 0)
os.remove(app / 'data/link.schema.json')

# --- a change in force reaches a running server ---
place.serve()
client = place.client('manager')
write('data/well.schema.json', GOOD.replace('"Wells"', '"Deep wells"', 1))
apply()
for _ in range(40):
    title = client.get('/api/v1/datasets/well')[1]['title']['en']
    if title == 'Deep wells':
        break
    time.sleep(0.1)
check('a running server takes up what was applied', title == 'Deep wells', title)
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-1500:])
end()
