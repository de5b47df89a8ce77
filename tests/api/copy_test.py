#!/usr/bin/env python3
"""Masked copies: nobody is named, they join, they can be traced, and who has the key finds the way back."""
import csv, datetime, io, re
from harness import *

place = Place().serve()
police, market = place.client('police'), place.client('market')
N = 600
rows = [person_row(n) for n in range(N)]
status, got = police.load('person', persons(0, N))
check('persons are there', place.sql('select count(*) from data.person') == str(N), got)
people = [r.strip().split(',') for r in rows]


def uscc(n):
    letters, weights = '0123456789ABCDEFGHJKLMNPQRTUWXY', [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    body = f'91330521MA2{n:05d}9'
    return body + letters[-sum(letters.index(c) * w for c, w in zip(body, weights)) % 31]


fields = json.loads((ROOT / 'apps/legal-entity/data/legal-entity.schema.json').read_text())['properties']
HEADS = ['uscc', 'name', 'kind', 'representative', 'representative_id', 'established_on', 'division', 'phone', 'status']
firms = [[uscc(n), f'德清第{n}食品厂', '11', people[n][1], people[n][0], f'20{n % 20:02d}-03-04', '330521001001', f'0572-80{n:05d}', '1'] for n in range(200)]
for f in firms[:3]:
    f[1] += '13800000000'  # a number where everybody may read it
status, got = market.load('legal-entity', ','.join(fields[h]['x-title']['zh'] for h in HEADS) + '\n' + ''.join(','.join(f) + '\n' for f in firms))
check('firms are there', place.sql('select count(*) from data.legal_entity') == '200', got)


def copy(dataset, *more, name='copy.csv'):
    r = place.run('copy', dataset, '--masked', *more, '--out', name)
    return r, (pathlib.Path(place.folder) / name)


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


def plain(text):
    return re.sub('[\u2060\u200b\u200c]', '', text)


plan = place.run('copy', 'person', '--masked', '--plan').stdout
check('the plan says what becomes of each field', 'id_number L3 replaced as resident-id\n' in plan and 'birth_date L3 moved' in plan and 'sex L2 left as it is\n' in plan, plan)
r, path = copy('person', '--for', '高校', '--purpose', '出行研究')
check('a copy is made', r.returncode == 0 and json.loads(r.stdout)['rows'] == N and path.stat().st_mode & 0o777 == 0o600, r.stderr)
text = path.read_text()
got = table(path)
check('with every row', len(got) == N and len({g['id_number'] for g in got}) == N)
for what, column in (('identity number', 0), ('mobile number', 6), ('name', 1), ('address', 7)):
    found = [p[column] for p in people if p[column] in text]
    check(f'no {what} of anybody stands in it', len(found) <= (0 if column != 1 else N // 50), found[:3])
W = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
check('identity numbers are such', all(re.fullmatch(r'[1-8]\d{16}[\dX]', g['id_number']) and '10X98765432'[sum(int(a) * b for a, b in zip(g['id_number'], W)) % 11] == g['id_number'][-1]
      and datetime.date(int(g['id_number'][6:10]), int(g['id_number'][10:12]), int(g['id_number'][12:14])) for g in got))
check('and mobile numbers', all(re.fullmatch(r'1[3-9]\d{9}', g['mobile']) for g in got))
order = {p[0]: i for i, p in enumerate(people)}
r, again = copy('person', '--for', '高校', name='again.csv')
key = {tuple(sorted((k, plain(v)) for k, v in g.items())) for g in got}
check('a second copy has the same rows, in another order', key == {tuple(sorted((k, plain(v)) for k, v in g.items())) for g in table(again)}
      and [g['id_number'] for g in table(again)] != [g['id_number'] for g in got])

# Dates: moved, all of one person by the same days.
r, jpath = copy('legal-entity', '--for', '高校', '--format', 'jsonl', name='firms.jsonl')
theirs = [json.loads(l) for l in jpath.read_text().splitlines()]
check('JSON lines', r.returncode == 0 and len(theirs) == 200, r.stderr)
by_id = {g['id_number']: g for g in got}
check('two datasets join', sum(t['representative_id'] in by_id for t in theirs) == 200 and len({t['representative_id'] for t in theirs}) == 200)
check('... and the names with them', all(plain(by_id[t['representative_id']]['name']) == plain(t['representative']) for t in theirs))
check('public fields stay', {t['uscc'] for t in theirs} == {f[0] for f in firms})
check('but for numbers of somebody in them', '13800000000' not in jpath.read_text() and sum(plain(t['name']).startswith('P-') for t in theirs) == 3)
joined = {t['uscc']: by_id[t['representative_id']] for t in theirs}
shift = {f[0]: (datetime.date.fromisoformat(joined[f[0]]['birth_date']) - datetime.date.fromisoformat(people[i][3])).days for i, f in enumerate(firms)}
check('births are moved by up to 183 days, never by none', all(1 <= abs(d) <= 183 for d in shift.values()) and len(set(shift.values())) > 50)

# Another word, another key: they do not join; the old key still makes the old copy.
r, other = copy('person', '--for', '医院', name='other.csv')
check('a copy for somebody else does not join', not {g['id_number'] for g in table(other)} & set(by_id))
place.run('key', 'rotate')
r, newer = copy('person', '--for', '高校', name='newer.csv')
check('nor one with a newer key', json.loads(r.stdout)['generation'] == 2 and not {g['id_number'] for g in table(newer)} & set(by_id))
r, older = copy('person', '--for', '高校', '--generation', '1', name='older.csv')
check('one with the old key does', {g['id_number'] for g in table(older)} == set(by_id))
check('a key that is none', copy('person', '--generation', '9', name='x.csv')[0].returncode == 4)

# Traced, recorded.
number = json.loads(copy('person', '--purpose', '试验', name='leak.csv')[0].stdout)['export']
lines = (pathlib.Path(place.folder) / 'leak.csv').read_text().splitlines()[41:61]
(pathlib.Path(place.folder) / 'leak.txt').write_text('\n'.join(lines))
r = place.run('trace', 'leak.txt')
check('twenty lines of it name the copy', f'export {number},' in r.stdout and f'{N} rows of person' in r.stdout, r.stdout + r.stderr)
check('what joins carries no mark', all(plain(g['id_number'] + g['mobile']) == g['id_number'] + g['mobile'] for g in got))
place.sql('select shuzhi.audit_unfold()')
check('each is on record, before its file is there', place.sql("select count(*), max(count), string_agg(distinct purpose, ',') from shuzhi.audit_event where action = 'records.copy'").split('|')[:2] == ['7', str(N)],
      place.sql("select action, count, purpose from shuzhi.audit_event where action like 'records.c%'"))
# --- over HTTP ---
copy_of = '/api/v1/datasets/person/copy'
status, text = police.get(copy_of + '?' + urllib.parse.urlencode({'for': '高校', 'purpose': '出行研究', 'generation': 1}))
check('the owner takes one at the desk, the same', status == 200 and {g['id_number'] for g in csv.DictReader(io.StringIO(text))} == set(by_id), (status, str(text)[:200]))
check('as a file', re.search(r'person-masked-\d+\.csv', police.headers['Content-Disposition']) and police.headers['Content-Type'].startswith('text/csv'), police.headers)
status, text = police.get(copy_of + '?' + urllib.parse.urlencode({'for': '高校', 'purpose': '出行研究', 'generation': 1, 'format': 'jsonl'}))
check('also as JSON lines', status == 200 and len(text.splitlines()) == N and json.loads(text.splitlines()[0])['id_number'] in by_id)
check('who may not approve sharing may not', market.get(copy_of + '?for=a&purpose=b')[0] == 403 and place.client('wukang').get(copy_of + '/plan')[0] == 403 and place.client().get(copy_of)[0] == 401)
check('for whom and why must be said', [police.get(copy_of + q)[0] for q in ('', '?for=a', '?purpose=b', '?for=%20&purpose=b', '?for=a&purpose=b&format=xml', '?for=a&purpose=b&generation=x')] == [400] * 6)
check('a key that is none, over HTTP', police.get(copy_of + '?for=a&purpose=b&generation=9')[0] == 404)
status, got_plan = police.get(copy_of + '/plan')
check('the plan', status == 200 and {f['field']: f['treatment'] for f in got_plan['fields']}['birth_date'] == 'shift' and {f['field']: f['as'] for f in got_plan['fields']}['mobile'] == 'mobile-cn', got_plan)
place.sql('select shuzhi.audit_unfold()')
check('on record by name', place.sql("select count(*) from shuzhi.audit_event where action = 'records.copy' and who = 'police' and count = %d and purpose = '出行研究'" % N) == '2')
before = place.sql('select count(*) from shuzhi.export')
for name, args in [('no --masked', ['copy', 'person', '--out', 'x.csv']), ('no file', ['copy', 'person', '--masked']), ('a format that is none', ['copy', 'person', '--masked', '--format', 'xml', '--out', 'x.csv']),
                   ('a word too long', ['copy', 'person', '--masked', '--for', 'w' * 300, '--out', 'x.csv']), ('bytes that are no text', ['copy', 'person', '--masked', '--for', os.fsdecode(b'\xff'), '--out', 'x.csv'])]:
    r = place.run(*args)
    check(f'{name}: refused', r.returncode == 2 and r.stderr, r.stderr)
check('no such dataset', copy('dragon', name='x.csv')[0].returncode == 4)
r = place.run('copy', 'person', '--masked', '--out', 'no-such-folder/x.csv')
check('a place that is none: nothing is written', r.returncode == 8 and 'No such file' in r.stderr, r.stderr)
check('and nothing is left of what was refused', place.sql('select count(*) from shuzhi.export') == before and not [p for p in pathlib.Path(place.folder).glob('x.csv*')])
check('no key is told', not any(m in r.stderr + r.stdout for m in re.findall('[0-9a-f]{64}', (pathlib.Path(place.folder) / 'var/keys/ring.keys').read_text())))
end()
