#!/usr/bin/env python3
"""Open data: k measured against a count of our own, refusals, two persons, files, catalogue, counts with noise and their budget."""
import collections, csv, hashlib, io, re
from harness import *

place = Place()
at = pathlib.Path(place.folder)
shutil.copytree(ROOT / 'county/deqing', at / 'county/deqing')
shutil.copytree(ROOT / 'apps', at / 'apps')


def apply():
    r = place.run('apply', 'county/deqing', *sorted(f'apps/{p.name}' for p in (at / 'apps').iterdir()))
    check('packages are put in force', r.returncode == 0, r.stderr)


y = at / 'county/deqing/county.yaml'
y.write_text(y.read_text() + f'  - {{login: police2, password: {PASSWORD}, name: {{zh: 沈二, en: Shen Er}}, organisation: 330521-gaj, roles: [data-officer, clerk]}}\n'
             f'  - {{login: market2, password: {PASSWORD}, name: {{zh: 徐二, en: Xu Er}}, organisation: 330521-scjg, roles: [data-officer]}}\n')
schema = at / 'apps/legal-entity/data/legal-entity.schema.json'
s = json.loads(schema.read_text())
s['x-open'] = 'unconditional'
schema.write_text(json.dumps(s, ensure_ascii=False))
schema = at / 'apps/address/data/address.schema.json'
s = json.loads(schema.read_text())
s['x-open'] = 'none'
schema.write_text(json.dumps(s, ensure_ascii=False))
apply()
made = place.run('demo', '--persons', 2500, '--seed', 5, '--bad', 0, '--out', 'made', *sorted(ROOT.glob('apps/*')), ROOT / 'county/deqing')
for line in made.stdout.splitlines():
    dataset, file = line.split()
    if dataset.startswith('code-') or dataset in ('person', 'division', 'organisation'):
        place.run('intake', '--quiet', '--kind', 'seed', dataset, file)
for dataset in ('division', 'organisation'):
    place.run('intake', '--quiet', dataset, ROOT / f'county/deqing/seed/{dataset}.csv')
place.serve()
police, second, social, market, market2, civil = (place.client(x) for x in ('police', 'police2', 'social', 'market', 'market2', 'civil'))
anybody = place.client()
people = list(csv.DictReader(io.StringIO(place.sql('copy (select id_number, sex, birth_date, division, nation, education, marital, residence from data.person) to stdout csv header'))))
check('there are people', len(people) > 2000, len(people))

today = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600))


def age_band(born, band):
    y, m, d = (int(x) for x in born.split('-'))
    ty, tm, td = (int(x) for x in today.split('-'))
    age = ty - y - ((tm, td) < (m, d))
    return '90+' if age >= 90 else f'{age // band * band}-{age // band * band + band - 1}'


FIELDS = [{'name': 'division', 'treatment': 'town'}, {'name': 'sex'}, {'name': 'birth_date', 'treatment': 'age10'}, {'name': 'residence'}, {'name': 'education', 'role': 'sensitive'}]
RELEASE = {'dataset': 'person', 'name': 'residents', 'title': {'zh': '常住人口样本', 'en': 'Residents'}, 'description': '按乡镇、性别、年龄段的人口样本', 'licence': 'CC-BY-4.0', 'fields': FIELDS}


def prepare(client=police, **change):
    return client.post('/api/v1/opening/releases', {**RELEASE, **change})


# --- k, against a count of our own ---
quasi = lambda p: (p['division'][:9], p['sex'], age_band(p['birth_date'], 10), p['residence'])
classes = collections.Counter(map(quasi, people))
small = [n for n in classes.values() if n < 5]
status, got = prepare()
check('below k: refused, with the measure', status == 409 and f'k is {min(classes.values())}' in got['detail'] and f'{sum(small)} of {len(people)} records' in got['detail'] and 'k=' in got['detail_zh'], got)
check('nothing is kept of it', place.sql('select count(*) from shuzhi.open_release') == '0')
status, got = police.post('/api/v1/opening/measure', RELEASE)
m = got['measures']
check('the measure is ours: k, records, small classes', status == 200 and got['refused'] and (m['k_before'], m['records'], m['suppressed']) == (min(classes.values()), len(people), sum(small)), got)
check('and how large each small class is', {x['size']: (x['classes'], x['records']) for x in m['small']} == {n: (c, n * c) for n, c in collections.Counter(small).items()}, m['small'])
status, release = prepare(suppress=True)
check('left out, it reaches k', status == 201 and release['state'] == 'prepared', release)
m = release['measures']
kept = [p for p in people if classes[quasi(p)] >= 5]
values = collections.defaultdict(set)
for p in kept:
    values[quasi(p)].add(p['education'])
check('k, rows and l are ours', (m['k'], m['published'], m['values']['education']) == (min(n for n in classes.values() if n >= 5), len(kept), min(len(v) for v in values.values())), m)
rid = release['id']
for name, change, code, at_ in [
        ('a k below five of a personal dataset', {'k': 2}, 400, '/k'), ('a k that is none', {'k': 'x'}, 400, '/k'), ('no licence', {'licence': 'mine'}, 400, '/licence'),
        ('a name that leaves its place', {'name': '../../etc/passwd'}, 400, '/name'), ('a field that is none', {'fields': [{'name': "x'; drop table data.person"}]}, 400, '/fields/0'),
        ('a treatment that does not fit', {'fields': [{'name': 'sex', 'treatment': 'age10'}]}, 400, '/fields/0'), ('no field', {'fields': []}, 400, '/fields'),
        ('a field twice', {'fields': [{'name': 'sex'}, {'name': 'sex'}]}, 400, None), ('the key not counted', {'fields': FIELDS + [{'name': 'id_number', 'role': 'sensitive'}]}, 400, None),
        ('a masked key not counted', {'fields': FIELDS + [{'name': 'mobile', 'treatment': 'mask', 'role': 'sensitive'}]}, 400, None), ('no title in English', {'title': {'zh': '人口'}}, 400, '/en'),
        ('a filter that is SQL', {'filter': [{'field': "x' or 1=1", 'op': '=', 'value': '1'}]}, 400, '/filter/0'), ('the key itself', {'fields': [{'name': 'id_number'}], 'suppress': True}, 409, None)]:
    status, got = prepare(**{'suppress': True, **change})
    check(f'{name}: refused', status == code and (at_ is None or got.get('at') == at_), (status, got))
check('another department may not open it', prepare(social, suppress=True)[0] == 403)
check('nor who is not signed in', prepare(anybody, suppress=True)[0] == 401)
status, got = prepare(place.client('manager'), dataset='address', fields=[{'name': 'division'}])
check('不予开放: refused and told so', status == 403 and '禁止开放' in got['detail_zh'], got)

# --- two persons ---
check('not open yet', anybody.get(f'/api/v1/open/{rid}')[0] == 404 and anybody.get(f'/open/files/{rid}/data.csv')[0] == 404)
status, got = police.post(f'/api/v1/opening/releases/{rid}/approve')
check('who prepared it does not approve it', status == 403 and '另一人' in got['detail_zh'], got)
check('nor another department', social.post(f'/api/v1/opening/releases/{rid}/approve')[0] == 403)
status, got = second.post(f'/api/v1/opening/releases/{rid}/approve')
check('a colleague does', status == 200 and got['state'] == 'open' and got['decided_by'] == 'police2', got)
check('once', second.post(f'/api/v1/opening/releases/{rid}/approve')[0] == 409)

# --- what is out ---
status, got = anybody.get('/api/v1/open')
check('the list, without signing in', status == 200 and [r['name'] for r in got['releases']] == ['residents'], got)
status, text = anybody.get(f'/open/files/{rid}/data.csv')
rows = list(csv.DictReader(io.StringIO(text.lstrip('\ufeff'))))
again = collections.Counter((r['division'], r['sex'], r['birth_date'], r['residence']) for r in rows)
check('the CSV holds the rows kept, as treated', status == 200 and again == collections.Counter(map(quasi, kept)), (status, len(rows)))
check('its k, measured anew, is the one told', min(again.values()) == m['k'])
check('no id, name or birthday is in it', not any(p['id_number'] in text or p['birth_date'] in text for p in people[:300]))
status, one = anybody.get(f'/api/v1/open/{rid}')
files = {f['name']: f for f in one['release']['files']}
h = http.client.HTTPConnection('127.0.0.1', place.port)
h.request('GET', f'/open/files/{rid}/data.csv')
raw = h.getresponse().read()
check('its digest and size are told', hashlib.sha256(raw).hexdigest() == files['data.csv']['sha256'] and len(raw) == files['data.csv']['bytes'])
status, text = anybody.get(f'/open/files/{rid}/data.jsonl')
lines = [json.loads(x) for x in text.splitlines()]
check('JSON lines hold the same', collections.Counter((r['division'], r['sex'], r['birth_date'], r['residence']) for r in lines) == again)
paged, after = [], ''
while True:
    status, got = anybody.get(f'/api/v1/open/{rid}/rows?limit=700{after}')
    paged += got['rows']
    if not got['next']:
        break
    after = '&after=' + got['next']
check('so does the API, page by page', paged == lines)
check('a limit or mark that is none', anybody.get(f'/api/v1/open/{rid}/rows?limit=0')[0] == 400 and anybody.get(f'/api/v1/open/{rid}/rows?after=x')[0] == 400)
for path in ('../../../etc/passwd', '..%2f..%2fetc%2fpasswd', '%2e%2e%2fdata.csv', 'data.csv/../../..', "x' or '1'='1"):
    status, got = anybody.get(f'/open/files/{rid}/' + path.replace(' ', '%20'))
    check(f'no path leads out: {path}', status in (400, 404) and 'root:' not in str(got), (status, got))
check('an id that is none', all(anybody.get(f'/api/v1/open/{x}')[0] == 404 for x in ('0', '-1', 'x', '99999999999999999999')))
n = int(place.sql(f"select sum(n) from shuzhi.open_download where release = {rid} and day = '{today}'"))
check('downloads are counted by day, and nothing of who took them', n == 4 and one['days'] != [] and
      place.sql("select count(*) from information_schema.columns where table_schema = 'shuzhi' and table_name = 'open_download' and column_name not in ('release', 'day', 'name', 'n')") == '0', n)

# --- formulas ---
place.sql("""insert into data.legal_entity (uscc, name, kind, status, address, _hash, _batch, _row) select 'F' || g, case g when 1 then '=cmd|x' when 2 then '@SUM(1)' when 3 then '+1+1' when 4 then '-1+1' else 'plain' end, '1', '1',
 'x', 0, 1, g from generate_series(1, 5) g""")
status, got = market.post('/api/v1/opening/releases', {**RELEASE, 'dataset': 'legal-entity', 'name': 'firms', 'fields': [{'name': 'name'}, {'name': 'kind'}]})
check('a dataset without persons needs no k', status == 201 and got['measures']['k'] == 1, got)
fid = got['id']
check('approved', market2.post(f'/api/v1/opening/releases/{fid}/approve')[0] == 200)
text = anybody.get(f'/open/files/{fid}/data.csv')[1]
cells = [r[0] for r in list(csv.reader(io.StringIO(text.lstrip('\ufeff'))))[1:]]
check('no cell of the CSV is a formula', len(cells) >= 5 and not any(c[:1] in '=@+-' for c in cells) and "'=cmd|x" in cells, cells)

# --- the catalogue ---
status, cat = anybody.get('/open/catalog.jsonld')
check('JSON-LD of DCAT', status == 200 and anybody.headers['Content-Type'] == 'application/ld+json' and cat['@type'] == 'dcat:Catalog' and cat['@context']['dcat'] == 'http://www.w3.org/ns/dcat#', cat)
need = {'dcat:Catalog': ['dct:title', 'dct:description', 'dct:publisher', 'dcat:dataset'], 'dcat:Dataset': ['dct:title', 'dct:description', 'dct:publisher', 'dcat:distribution', 'dct:identifier', 'dct:issued', 'dcat:version'],
        'dcat:Distribution': ['dcat:accessURL', 'dcat:downloadURL', 'dcat:mediaType', 'dct:license', 'dcat:byteSize', 'spdx:checksum']}
# What DCAT 3 (W3C Recommendation, 2024) and its companions name; anything else is a word of our own.
KNOWN = {'dcat': 'Catalog Dataset Distribution dataset distribution accessURL downloadURL mediaType byteSize version'.split(), 'dct': 'title description publisher identifier issued license conformsTo'.split(),
         'foaf': 'Organization name'.split(), 'spdx': 'Checksum checksum algorithm checksumValue checksumAlgorithm_sha256'.split(), 'xsd': 'dateTime nonNegativeInteger hexBinary'.split()}


def nodes(v):
    if isinstance(v, dict):
        yield v
        for x in v.values():
            yield from nodes(x)
    elif isinstance(v, list):
        for x in v:
            yield from nodes(x)


body = {k: v for k, v in cat.items() if k != '@context'}
check('each node has what DCAT-AP asks for', all(p in n for n in nodes(body) for p in need.get(n.get('@type'), [])))
terms = {k for n in nodes(body) for k in n if not k.startswith('@')} | {v for n in nodes(body) for k, v in n.items() if k == '@type'}
check('and no word the vocabularies lack', all(t.split(':')[1] in KNOWN[t.split(':')[0]] for t in terms), terms)
urls = [d['dcat:downloadURL']['@id'] for n in nodes(body) if n.get('@type') == 'dcat:Dataset' for d in n['dcat:distribution']]
check('every download address answers', len(urls) == 4 and all(anybody.get(urllib.parse.urlparse(u).path)[0] == 200 for u in urls), urls)
status, ttl = anybody.get('/open/catalog.ttl')
check('Turtle', status == 200 and anybody.headers['Content-Type'].startswith('text/turtle'))


# A reader of the Turtle written there: tokens, then triples; it must come to the same as the JSON-LD.
def turtle(text):
    token = re.compile(r'''\s+|@prefix|<[^>]*>|"(?:[^"\\]|\\.)*"(?:@[a-z]+|\^\^[a-z]+:\w+)?|[\[\];,.]|[a-zA-Z_]\w*:[\w-]*|a\b''')
    tokens, at = [], 0
    while at < len(text):
        m = token.match(text, at)
        if not m:
            raise ValueError(text[at:at + 60])
        at = m.end()
        if m[0].strip():
            tokens.append(m[0])
    triples, blank = [], 0

    def predicates(i, subject, ends):
        while True:
            p, o = tokens[i], tokens[i + 1]
            if o == '[':
                nonlocal blank
                blank += 1
                o = f'_:{blank}'
                triples.append((subject, p, o))
                i = predicates(i + 2, o, ']')
            else:
                triples.append((subject, p, o))
                i += 2
            if tokens[i] == ends:
                return i + 1
            if tokens[i] != ';':
                raise ValueError(tokens[i - 3:i + 3])
            i += 1
    i = 0
    while i < len(tokens):
        if tokens[i] == '@prefix':
            i += 4
        else:
            i = predicates(i + 1, tokens[i], '.')
    return triples


triples = turtle(ttl)
jt = collections.Counter(n['@type'] for n in nodes(body) if n.get('@type') in need)
tt = collections.Counter(o for s, p, o in triples if p == 'a' and o in need)
check('it says the same things of the same things', jt == tt and {o[1:-1] for s, p, o in triples if p == 'dcat:downloadURL'} == set(urls) and
      {o.split('"')[1] for s, p, o in triples if p == 'spdx:checksumValue'} == {n['spdx:checksumValue']['@value'] for n in nodes(body) if 'spdx:checksumValue' in n}, (jt, tt))
check('Table Schema of the fields', [f['name'] for f in anybody.get(f'/open/files/{rid}/schema.json')[1]['fields']] == [f['name'] for f in FIELDS])
check('CSVW too', [c['name'] for c in anybody.get(f'/open/files/{rid}/csvw.json')[1]['tableSchema']['columns']] == [f['name'] for f in FIELDS])
check('the licence has its text', '识别特定自然人' in anybody.get('/open/terms')[1] and one['release']['licence']['id'] == 'CC-BY-4.0')

# --- counts with noise ---
COUNTS = {**RELEASE, 'kind': 'counts', 'name': 'resident-counts', 'fields': [{'name': 'division', 'treatment': 'town'}, {'name': 'sex'}, {'name': 'birth_date', 'treatment': 'age10'}], 'epsilon': 0.5}
for name, change, code in [('no epsilon', {'epsilon': 0}, 400), ('one that is none', {'epsilon': 'x'}, 400), ('a field without a list of values', {'fields': [{'name': 'household'}]}, 400), ('too many groups', {'fields': [{'name': f} for f in ('division', 'nation', 'sex')]}, 429),
                           ('an epsilon past the budget', {'epsilon': 2.1}, 429)]:
    status, got = police.post('/api/v1/opening/releases', {**COUNTS, **change})
    check(f'{name}: refused', status == code, (status, got))
check('none of these spent', place.sql("select coalesce(sum(spent), 0) from shuzhi.open_budget") == '0')
check('counts cannot be tried for nothing', police.post('/api/v1/opening/measure', COUNTS)[0] == 400)
status, counts = police.post('/api/v1/opening/releases', COUNTS)
check('counts prepared', status == 201 and counts['kind'] == 'counts', counts)
second.post(f"/api/v1/opening/releases/{counts['id']}/approve")
status, text = anybody.get(f"/open/files/{counts['id']}/data.csv")
rows = list(csv.DictReader(io.StringIO(text.lstrip('\ufeff'))))
true = collections.Counter((p['division'][:9], p['sex'], age_band(p['birth_date'], 10)) for p in people)
noise = [int(r['count']) - true[(r['division'], r['sex'], r['birth_date'])] for r in rows]
towns = {d for d in place.sql('select left(code, 9) from data.division where length(code) >= 9').split()}
check('every group that could be is there, whoever lives there', len(rows) == len({tuple(r.values()) for r in rows}) and
      {r['division'] for r in rows} == towns | {''} and len(rows) == counts['measures']['groups'] and any(true[(r['division'], r['sex'], r['birth_date'])] == 0 for r in rows), (len(rows), len(towns)))
a = 2.718281828459045 ** -0.5
mean, spread = sum(noise) / len(noise), sum(x * x for x in noise) / len(noise)
want = 2 * a / (1 - a) ** 2
check('the noise is of the law told: mean, spread, share of zeros', abs(mean) < 6 * (want / len(noise)) ** 0.5 and 0.7 * want < spread < 1.4 * want and
      abs(noise.count(0) / len(noise) - (1 - a) / (1 + a)) < 6 * 0.5 / len(noise) ** 0.5, (len(noise), mean, spread, want))
check('a second look is the same answer', anybody.get(f"/open/files/{counts['id']}/data.csv")[1] == text)
check('it was spent', place.sql("select spent from shuzhi.open_budget where dataset = 'person'") in ('0.5', '0.500'))
for i in range(3):
    status, got = police.post('/api/v1/opening/releases', COUNTS)
check('versions rise', status == 201 and got['version'] == 4, got)
status, got = police.post('/api/v1/opening/releases', {**COUNTS, 'epsilon': 0.001})
check('spent is spent: refused and told what is left', status == 429 and '还剩 0' in got['detail_zh'], got)

# --- withdrawn ---
check('a withdrawal wants a reason', second.post(f'/api/v1/opening/releases/{rid}/withdraw', {'reason': ''})[0] == 400)
status, got = second.post(f'/api/v1/opening/releases/{rid}/withdraw', {'reason': '发现分组过细'})
check('withdrawn', status == 200 and got['state'] == 'withdrawn', got)
status, got = anybody.get(f'/open/files/{rid}/data.csv')
check('gone from everywhere, and the reason told', status == 404 and '分组过细' in got['detail_zh'] and anybody.get(f'/api/v1/open/{rid}/rows')[0] == 404 and f'/open/{rid}"' not in json.dumps(anybody.get('/open/catalog.jsonld')[1]), got)
status, got = prepare(suppress=True)
check('the next version', status == 201 and got['version'] == 2, got)
check('a name is its dataset\'s', market.post('/api/v1/opening/releases', {**RELEASE, 'dataset': 'legal-entity', 'fields': [{'name': 'kind'}]})[0] == 409)

# --- on record ---
place.sql('select shuzhi.audit_unfold()')
line = place.sql("select who, dataset, array_to_string(fields, ' '), count from shuzhi.audit_event where action = 'open.prepare' and result = 'ok' order by batch limit 1")
check('the look at every person is on record, with its fields', line == f'police|person|division sex birth_date residence education|{len(people)}', line)
check('so is who let it out, and who was refused', place.sql("select count(*) from shuzhi.audit_event where action = 'open.approve' and result = 'ok'") != '0' and
      place.sql("select count(*) from shuzhi.audit_event where action = 'open.approve' and result = 'denied'") != '0')
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
