#!/usr/bin/env python3
"""The demo county goes through the same doors as real data: nothing of it is refused, nothing changes the second time, and
the messy file shows the classics with their reasons."""
import collections, re
from harness import *

PERSONS = 4000
place = Place()
made = place.run('demo', '--persons', PERSONS, '--seed', 5, '--bad', 20, '--out', 'made', *sorted(ROOT.glob('apps/*')), ROOT / 'county/deqing')
orders = [line.split(' ', 1) for line in made.stdout.splitlines()]
check('files are named in an order to load them', [d for d, _ in orders] == ['address', 'legal-entity', 'person', 'firm-indicator'], made.stdout + made.stderr)


def load(dataset, path):
    r = place.run('intake', '--quiet', dataset, path)
    m = re.search(r'(\d+) rows, (\d+) new, (\d+) changed, (\d+) unchanged, (\d+) refused', r.stdout)
    return tuple(map(int, m.groups())) if m else (r.stdout + r.stderr).strip()


for dataset, path in orders:
    got = load(dataset, path)
    check(f'{dataset}: every row lands', isinstance(got, tuple) and got[0] == got[1] > 0, got)
for dataset, path in orders:
    got = load(dataset, path)
    check(f'{dataset}: a second load changes nothing', isinstance(got, tuple) and got[0] == got[3], got)
check('as many persons as asked for', place.sql('select count(*) from data.person') == str(PERSONS))
check('everybody lives at an address that is there, in the village of it', place.sql(
    'select count(*) from data.person p left join data.address a on a.code = p.address_code and a.division = p.division where a.code is null') == '0')
check('every firm has its place and a representative who lives here', place.sql(
    'select count(*) from data.legal_entity e left join data.address a on a.code = e.address_code'
    ' left join data.person p on p.id_number = e.representative_id and p.name = e.representative where a.code is null or p.name is null') == '0')
check('households have one head each', place.sql(
    "select count(*) from (select household from data.person group by 1 having count(*) filter (where household_relation = '01') <> 1) x") == '0')
check('children are younger than the head by 20 years, nobody is past 110', place.sql(
    "select count(*) from data.person c join data.person h on h.household = c.household and h.household_relation = '01'"
    " where (c.household_relation in ('20', '30') and c.birth_date < h.birth_date + 20 * 365) or c.birth_date < '1915-01-01'") == '0')

model = ROOT / 'apps/output-per-mu/rules/output-per-mu.dmn'
r = place.run('simulate', model, '评价等级', '--dataset', 'firm-indicator')
classes = {c['value']: c['rows'] for c in json.loads(r.stdout)['classes']} if r.returncode == 0 else r.stderr
check('firms fall into all four classes', set(classes) == set('ABCD') and sum(classes.values()) == int(place.sql('select count(*) from data.firm_indicator')), classes)

got = load('person', 'made/person-messy.csv')
check('the messy file: most rows are as they were, many are refused', isinstance(got, tuple) and got[4] > 150 and got[3] > 1500, got)
reasons = collections.Counter(dict((k, int(n)) for k, n in (line.split('|') for line in place.sql(
    "select p->>'code', count(*) from shuzhi.quarantine q, jsonb_array_elements(q.problems) p group by 1").splitlines())))
print('#', dict(reasons))
for reason in ('CHECK_DIGIT', 'SCIENTIFIC', 'ROUNDED', 'DATE_SERIAL', 'SWAPPED', 'REQUIRED', 'CODE', 'DUPLICATE'):
    check(f'{reason} is told', reasons[reason] > 5, dict(reasons))
end()
