#!/usr/bin/env python3
"""Real files: addresses in two encodings, 311 requests, record-linkage sets, legacy encodings.  Skips where they are absent."""
import csv, re
from harness import *

if not shared('data'):
    skip('real files', f'no shared folder at {os.environ.get("SHUZHI_SHARED", ROOT.parent / "shared")}')
    end()
place = Place(['county/deqing', 'apps/*', 'tests/packages/*'])


def load(dataset, *path, more=()):
    """The counts that shuzhi intake prints, or its words."""
    r = place.run('intake', '--quiet', '--source', 'test', *more, dataset, shared('data', *path))
    m = re.search(r'(\d+) rows, (\d+) new, (\d+) changed, (\d+) unchanged, (\d+) refused', r.stdout)
    return tuple(map(int, m.groups())) if m else (r.stdout + r.stderr).strip()


utf8 = load('address-utf8', 'addresses', 'cn-addresses.csv')
gb = load('address-gb', 'addresses', 'cn-addresses.gb18030.csv')
lines = len(list(csv.reader(open(shared('data', 'addresses', 'cn-addresses.csv'), encoding='utf-8-sig')))) - 1
check(f'all {lines} real addresses are read', utf8[0] == lines and sum(utf8[1:]) == lines and utf8[1] > 11900, utf8)
check('GB18030 gives the same counts', utf8 == gb, (utf8, gb))
same = place.sql('select count(*) from (select address, size, _hash from data.address_utf8 except select address, size, _hash from data.address_gb) x')
check('and the identical table', same == '0' and utf8[1] == int(place.sql('select count(*) from data.address_gb')), same)
again = load('address-utf8', 'addresses', 'cn-addresses.csv')
check('a second load changes nothing and refuses nothing anew', again[1] == again[2] == again[4] == 0, again)

nyc = load('nyc311', '311', 'nyc311-2018.csv')
check('1,000 New York requests: American dates are read', isinstance(nyc, tuple) and nyc[0] == 1000 and nyc[1] > 950, nyc)
check('06/26/2018 10:58:54 AM is that moment there', place.sql("select created_date at time zone 'America/New_York' from data.nyc311 where unique_key = 39573567") == '2018-06-26 10:58:54',
      place.sql('select created_date from data.nyc311 where unique_key = 39573567'))
check('N/A is nothing but where it is a value', place.sql("select count(*) from data.nyc311 where city = 'N/A'") == '0')

a, b = load('hoboken-csv', '311', 'publicstuff-hoboken-2019.csv'), load('hoboken-xlsx', '311', 'publicstuff-hoboken-2019.xlsx')
check('Hoboken: 91 requests, 46 of them different', isinstance(a, tuple) and a[:2] == (91, 46) and a[4] == 0, a)
check('epoch seconds become times', place.sql("select date_created at time zone 'UTC' from data.hoboken_csv where id = 4933221") == '2018-10-02 15:02:01',
      place.sql('select id, date_created from data.hoboken_csv limit 3'))
check('the workbook gives the same number of rows', isinstance(b, tuple) and b[0] == a[0], (a, b))
differ = place.sql('select count(*) from data.hoboken_csv c join data.hoboken_xlsx x using (id) where (c.title, c.status, c.date_created) is distinct from (x.title, x.status, x.date_created)')
check('and the same values', differ == '0' and place.sql('select count(*) from data.hoboken_xlsx') == '46', differ)

for name, rows in (('febrl1', 1000), ('febrl3', 5000)):
    got = load(name, 'record-linkage', f'{name}.csv')
    check(f'{name}: {rows} rows with blanks after the commas', isinstance(got, tuple) and got[0] == rows and got[1] > rows * 0.9, got)
    check(f'{name}: no blank is left at an edge', place.sql(f"select count(*) from data.{name} where surname <> btrim(surname)") == '0')
got = load('childhood', 'record-linkage', 'dedupe-early-childhood-true-ids.csv')
check('3,337 messy rows with line breaks inside cells', isinstance(got, tuple) and got[0] == 3337, got)

FILES = {'address-gb': ('addresses', 'cn-addresses.gb18030.csv'), 'nyc311': ('311', 'nyc311-2018.csv'),
         'hoboken-csv': ('311', 'publicstuff-hoboken-2019.csv'), 'hoboken-xlsx': ('311', 'publicstuff-hoboken-2019.xlsx'),
         'febrl1': ('record-linkage', 'febrl1.csv'), 'febrl3': ('record-linkage', 'febrl3.csv'),
         'childhood': ('record-linkage', 'dedupe-early-childhood-true-ids.csv')}
before = {d: place.sql(f'select count(*), md5(string_agg(t::text, chr(10) order by t::text)) from data."{d.replace("-", "_")}" t') for d in FILES}
for dataset, path in FILES.items():
    got = load(dataset, *path)
    check(f'{dataset}: the same file once more changes nothing', isinstance(got, tuple) and got[1] == got[2] == got[4] == 0 and before[dataset] ==
          place.sql(f'select count(*), md5(string_agg(t::text, chr(10) order by t::text)) from data."{dataset.replace("-", "_")}" t'), got)
told = place.sql("select b.dataset || ' ' || (p->>'code') || ' ' || (p->>'field'), count(*) from shuzhi.quarantine q join shuzhi.batch b on b.id = q.batch,"
                 " jsonb_array_elements(q.problems) p group by 1 order by 1").splitlines()
print('#', *told, sep='\n# ')
check('what was refused has a reason and a field', all(re.fullmatch(r'\S+ [A-Z_0-9]+ \w+\|\d+', t) for t in told), told)

for f in sorted(shared('data', 'encodings').rglob('*')):
    if f.is_file():
        r = place.run('intake', '--quiet', '--source', 'test', 'address-utf8', f)
        check(f'{f.name}: told, not crashed', r.returncode in (0, 2, 6) and (r.stdout or r.stderr) and 'Sanitizer' not in r.stderr, (r.returncode, r.stderr[-500:]))
check('nothing of them was landed', place.sql('select count(*) from data.address_utf8') == str(utf8[1]))
end()
