#!/usr/bin/env python3
"""One rule, every door: random (person, record, field) triples asked through each, against rights.csv read anew here.

What is expected comes from rights.csv and the machine (shuzhi feel); what is got comes from PostgreSQL's row-level security, the
view and each door.  Every route must stand in doors.csv; one that shows records names the door that asks it here.
"""
import csv, io, random, re, zipfile, xml.etree.ElementTree as xml
from harness import *

TRIPLES = int(os.environ.get('TRIPLES', '1000'))
rng = random.Random(int(os.environ.get('SEED', '7')))
place = Place()
place.env.update(SHUZHI_RATE_PERSON='0', SHUZHI_RATE_ADDRESS='0')  # a few people ask thousands of times
at = pathlib.Path(place.folder)

# --- a county with more roles and posts than the demo has ---
shutil.copytree(ROOT / 'county/deqing', at / 'county/deqing')
shutil.copytree(ROOT / 'apps', at / 'apps')
MORE_RIGHTS = '''visitor,person,read,any,id_number name sex division residence,name=hide,"residence = ""1"" and not(starts with(division, ""330521001""))"
visitor,person,clear,any,id_number,,"sex = ""2"""
elder,person,read,any,name birth_date mobile address division,birth_date=none,"birth_date < date(""1966-01-01"") and me.duty = ""养老"""
elder,person,clear,any,mobile address,,"starts with(division, me.area) or division = null"
all-names,person,read,any,id_number name,,
'''
MORE_ROLES = ''.join(f'  - {{id: {r}, title: {{zh: {r}, en: {r}}}}}\n' for r in ('visitor', 'elder', 'all-names'))
def account(login, org, roles, area=None, duty=None):
    more = (f', area: "{area}"' if area else '') + (f', duty: {duty}' if duty else '')
    return f'  - {{login: {login}, password: {PASSWORD}, name: {{zh: {login}, en: {login}}}, organisation: "{org}"{more}, roles: [{", ".join(roles)}]}}\n'
MORE_ACCOUNTS = (account('vis', '330521-wjj', ['visitor']) + account('eld', '330521-mzj', ['elder'], '330521003', '养老') +
                 account('eld2', '330521-mzj', ['elder'], None, None) + account('two', '330521003-zf', ['grid-worker'], '330521003') +
                 account('names', '330521-bb', ['all-names', 'grid-worker'], '330521101'))
with open(at / 'county/deqing/rights.csv', 'a') as f:
    f.write(MORE_RIGHTS)
y = (at / 'county/deqing/county.yaml').read_text()
y = y.replace('# Demo accounts', MORE_ROLES + '# Demo accounts', 1) + MORE_ACCOUNTS
(at / 'county/deqing/county.yaml').write_text(y)
r = place.run('apply', 'county/deqing', *sorted(f'apps/{p.name}' for p in (at / 'apps').iterdir()))
check('the county with more roles is put in force', r.returncode == 0, r.stderr)
# a second post elsewhere with another role, a citizen, a firm
place.sql("insert into shuzhi.post (login, organisation, roles, area, duty) values ('two', '330521-mzj', '{elder}', '330521101', '养老')")

# --- data through intake ---
made = place.run('demo', '--persons', 300, '--seed', 5, '--bad', 0, '--out', 'made', *sorted(ROOT.glob('apps/*')), ROOT / 'county/deqing')
for line in made.stdout.splitlines():
    dataset, file = line.split()
    if dataset in ('code-residence', 'person') or not file.startswith('made/person'):
        place.run('intake', '--quiet', '--kind', 'seed', dataset, file)
n_persons = int(place.sql('select count(*) from data.person'))
check('there are persons', n_persons > 200, (n_persons, made.stderr[-300:]))
FIELDS = [f for f in json.load(open(ROOT / 'apps/person/data/person.schema.json'))['properties']]
SPEC = json.load(open(ROOT / 'apps/person/data/person.schema.json'))['properties']
place.sql("update shuzhi.staff set id_number = (select min(id_number) from data.person) where login = 'names'")
place.sql("insert into shuzhi.staff (login, name, organisation, password, id_number) select 'citizen', '{\"zh\":\"居民\",\"en\":\"citizen\"}', '330521',"
          " password, (select max(id_number) from data.person) from shuzhi.staff where login = 'vis'")
place.sql("insert into shuzhi.post (login, organisation, roles) values ('citizen', '330521', '{citizen}')")

place.serve()
LOGINS = ['police', 'civil', 'manager', 'auditor', 'wukang', 'oncall', 'leader', 'vis', 'eld', 'eld2', 'two', 'names', 'citizen']
clients = {l: place.client(l) for l in LOGINS}

# some numbers change, some people move: history
old = {r['id_number']: r for r in csv.DictReader(io.StringIO(place.sql(
    'copy (select ' + ', '.join(FIELDS) + ' from data.person order by id_number limit 60) to stdout csv header')))}
moved = []
for i, r in enumerate(old.values()):
    n = dict(r, mobile='138' + f'{i:08d}')
    if i % 3 == 0:
        n['division'] = '330521001001' if not r['division'].startswith('330521001') else '330521003001'
    moved.append(n)
out = io.StringIO()
w = csv.DictWriter(out, FIELDS)
w.writeheader()
w.writerows(moved)
status, got = clients['police'].load('person', out.getvalue(), columns=FIELDS)
check('numbers and addresses changed', status == 200 and got['state'] == 'done' and got['counts']['changed'] == 60, got)

raw = {r['id_number']: r for r in csv.DictReader(io.StringIO(place.sql('copy (select ' + ', '.join(FIELDS) + ' from data.person) to stdout csv header')))}
for r in list(raw.values()) + list(old.values()):
    for f in FIELDS:
        r[f] = r[f] if r[f] != '' else None

# --- what rights.csv says ---
RIGHTS = [dict(l) for p in ['county/deqing/rights.csv'] for l in csv.DictReader(open(at / p))]
OWNER = json.load(open(ROOT / 'apps/person/data/person.schema.json'))['x-owner']
RIGHTS = [l for l in RIGHTS if l['resource'] in ('*', 'person') and l['verb'] in ('read', 'clear')]
POSTS = {}
for line in place.sql("select login, organisation, array_to_json(roles), coalesce(area, ''), coalesce(duty, '') from shuzhi.post order by id").splitlines():
    login, org, roles, area, duty = line.split('|')
    POSTS.setdefault(login, []).append(dict(organisation=org, roles=json.loads(roles), area=area or None, duty=duty or None))
IDS = dict(l.split('|') for l in place.sql("select login, coalesce(id_number, '') from shuzhi.staff").splitlines())


def typed(r):
    return {f: {'@type': 'date', 'value': v} if v and SPEC[f].get('format') == 'date' else v for f, v in r.items()}


def truths(asks):
    """[(condition, record, me)] → [bool], all in one run of the machine."""
    lines = '\n'.join(json.dumps({'id': i, 'expression': c, 'context': dict(typed(r), me=me)}) for i, (c, r, me) in enumerate(asks))
    got = place.run('feel', '--batch', input=lines + '\n').stdout.splitlines()
    return [json.loads(x).get('result') is True for x in got]


def rules_of(login, records):
    """record → field → clear | mask name | None; a record that is not seen is absent."""
    held = [(l, p) for l in RIGHTS for p in POSTS[login] if l['role'] in p['roles'] and (l['scope'] == 'any' or p['organisation'] == OWNER)]
    asks, index = [], {}
    for i, (l, p) in enumerate(held):
        me = dict(login=login, organisation=p['organisation'], area=p['area'], duty=p['duty'], purpose=None, id_number=IDS[login] or None, uscc=None)
        for k, r in records.items():
            if l['when']:
                index[(i, k)] = len(asks)
                asks.append((l['when'], r, me))
    got = truths(asks) if asks else []
    result = {}
    for k in records:
        true = [l for i, (l, p) in enumerate(held) if not l['when'] or got[index[(i, k)]]]
        reads = [l for l in true if l['verb'] == 'read']
        if not reads:
            continue
        fields = {}
        for f in FIELDS:
            gives = [l for l in reads if not l['fields'] or f in l['fields'].split()]
            clears = [l for l in true if l['verb'] == 'clear' and (not l['fields'] or f in l['fields'].split())]
            fields[f] = None
            if gives and clears:
                fields[f] = 'clear'
            elif gives:
                masks = dict(m.split('=') for m in gives[0]['masks'].split())
                graded = SPEC[f].get('x-grade') in ('L3', 'L4')
                mask = masks.get(f) or (SPEC[f].get('x-mask') or 'hide' if graded else 'none')
                fields[f] = 'clear' if mask == 'none' else mask
        result[k] = fields
    return result


WANT = {l: rules_of(l, raw) for l in LOGINS}
check('the accounts differ in what they see', len({json.dumps(WANT[l], sort_keys=True) for l in LOGINS}) >= 7, {l: len(WANT[l]) for l in LOGINS})
MASKED = {}
for mask in ('name', 'id', 'phone', 'address', 'hide', 'year'):
    for f in FIELDS:
        if SPEC[f].get('x-mask') == mask or mask == 'hide':
            cast = f'{f}::date' if mask == 'year' else f'{f}::text'
            for line in place.sql(f"select id_number || '|' || coalesce(shuzhi.mask_{mask}({cast}), '') from data.person").splitlines():
                k, v = line.split('|', 1)
                MASKED[(k, f, mask)] = v or None


def want(login, key, field):
    """(what is shown, its value) of one field: ('none', None) where the record itself is not."""
    if key not in WANT[login]:
        return 'none', None
    how = WANT[login][key][field]
    if how is None:
        return 'hidden', None
    return how, raw[key][field] if how == 'clear' else MASKED[(key, field, how)] if raw[key][field] is not None else None


# --- the doors ---
HANDLE, RECORD = {}, {}
def q(**kw):
    return urllib.parse.urlencode(kw)


def record_of(login, key):
    if (login, key) not in RECORD:
        RECORD[(login, key)] = clients[login].get(f'/api/v1/datasets/person/records/{key}')
        if RECORD[(login, key)][0] == 200:
            HANDLE[(login, RECORD[(login, key)][1]['record']['_key'])] = key
    return RECORD[(login, key)]


def whole_list(login):
    rows, after = {}, ''
    while True:
        status, got = clients[login].get('/api/v1/datasets/person/records?' + q(limit=200, after=after))
        if status != 200:
            return status, {}
        for r in got['records']:
            rows[HANDLE.get((login, r['_key']), r['_key'])] = r
        if not got['next']:
            return status, rows
        after = got['next']


def no_mark(s):
    return re.sub('[\u200b\u200c\u2060]', '', s)


def whole_csv(login):
    status, text = clients[login].get('/api/v1/datasets/person/records.csv')
    if status != 200:
        return status, []
    titles = {SPEC[f]['x-title']['zh']: f for f in FIELDS}
    return status, [{titles[t]: no_mark(v) for t, v in r.items()} for r in csv.DictReader(io.StringIO(text.lstrip('\ufeff')))]


def whole_xlsx(login):
    c = clients[login]
    h = http.client.HTTPConnection('127.0.0.1', place.port)
    h.request('GET', '/api/v1/datasets/person/records.xlsx', headers={'Cookie': c.cookie})
    r = h.getresponse()
    body = r.read()
    if r.status != 200:
        return r.status, []
    z = zipfile.ZipFile(io.BytesIO(body))
    ns = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
    shared = [''.join(t.text or '' for t in si.iter('{%s}t' % ns['m'])) for si in xml.fromstring(z.read('xl/sharedStrings.xml')).findall('m:si', ns)] \
        if 'xl/sharedStrings.xml' in z.namelist() else []
    rows = []
    for row in xml.fromstring(z.read('xl/worksheets/sheet1.xml')).iter('{%s}row' % ns['m']):
        cells = {}
        for cell in row:
            v = cell.find('m:v', ns)
            text = shared[int(v.text)] if cell.get('t') == 's' else v.text if v is not None else ''.join(t.text or '' for t in cell.iter('{%s}t' % ns['m']))
            cells[re.match('[A-Z]+', cell.get('r'))[0]] = no_mark(text or '')
        rows.append(cells)
    titles = {SPEC[f]['x-title']['zh']: f for f in FIELDS}
    head = {col: titles[t] for col, t in rows[0].items()}
    return r.status, [{head[c]: v for c, v in row.items()} for row in rows[1:]]


def values(rows, fields):
    return sorted(tuple(r.get(f) or '' for f in fields) for r in rows)


# Every person's whole list, export and count agree with the rule.
for l in LOGINS:
    for k in raw:
        if rng.random() < 1 or k in WANT[l]:
            record_of(l, k)
for l in LOGINS:
    has_right = any(x['role'] in p['roles'] for x in RIGHTS if x['verb'] == 'read' for p in POSTS[l])
    seen = set(WANT[l])
    ok = all((record_of(l, k)[0] == 200) == (k in seen) for k in raw)
    denied = all(record_of(l, k)[0] == 403 for k in raw if k not in seen)
    check(f'{l}: the record door shows the {len(seen)} of {len(raw)} records, and says of the others that they are not permitted', ok and denied,
          [(k, record_of(l, k)) for k in raw if (record_of(l, k)[0] == 200) != (k in seen)][:2])
    status, rows = whole_list(l)
    check(f'{l}: the list is the same rows', set(rows) == seen and (status == 200) == has_right, (status, len(rows), len(seen)))
    expected = [{f: want(l, k, f)[1] for f in FIELDS} for k in seen]
    for name, door in (('CSV', whole_csv), ('XLSX', whole_xlsx)):
        status, got = door(l)
        check(f'{l}: {name} holds the same rows and values', status == (200 if has_right else 403) and values(got, FIELDS) == values(expected, FIELDS),
              (status, len(got), [x for x in zip(values(got, FIELDS), values(expected, FIELDS)) if x[0] != x[1]][:1]))
    status, got = clients[l].get('/api/v1/datasets/person')
    if has_right:
        plain = any(x['verb'] == 'read' and not x['when'] and x['role'] in p['roles'] for x in RIGHTS for p in POSTS[l])
        check(f'{l}: the catalogue counts only what may be counted', got['records'] == (len(raw) if plain else None), got['records'])
        status, got = clients[l].get('/api/v1/datasets/person/records?limit=1')
        check(f'{l}: so does the list, and says that it is limited', got['total'] == len(seen) and got['is_limited'] == (not plain), got['total'])

# Triples.
LISTS = {l: whole_list(l)[1] for l in LOGINS}
wrong = {}
def differs(door, *what):
    wrong.setdefault(door, []).append(what)


asked = {}
for _ in range(TRIPLES):
    l, k, f = rng.choice(LOGINS), rng.choice(list(raw)), rng.choice(FIELDS)
    how, value = want(l, k, f)
    c, v = clients[l], raw[k][f]
    status, got = record_of(l, k)
    shown = None if status != 200 else got['record'].get(f)
    if (status == 200) == (how == 'none') or shown != value:
        differs('record', l, k, f, how, value, status, shown)
    if LISTS[l].get(k, {}).get(f) != value or (k in LISTS[l]) == (how == 'none'):
        differs('list', l, k, f, how, value, LISTS[l].get(k))
    # search by the whole key, and by the beginning of the value
    key_shown = WANT[l].get(k, {}).get('id_number')
    if v and len(v) > 1:
        status, got = c.get('/api/v1/datasets/person/records?' + q(q=v, limit=200))
        hit = status == 200 and any(HANDLE.get((l, r['_key'])) == k for r in got['records'])
        if hit and how not in ('clear', 'none') and f not in ('id_number', 'name'):
            differs('search', l, k, f, how, v)
        if hit and k not in WANT[l]:
            differs('search', l, k, f, 'row not permitted')
    # a filter by the value: answers only where the value is shown, but for the handles of a record
    if v:
        status, got = c.get('/api/v1/datasets/person/records?' + q(**{f: v}, limit=200))
        hit = status == 200 and any(HANDLE.get((l, r['_key'])) == k for r in got['records'])
        more = status == 200 and got['next']
        is_handle = f == 'id_number' and how not in ('hidden', 'none')
        title = f == 'name' and how not in ('hidden', 'none')
        if hit and how != 'clear' and not is_handle and not title:
            differs('filter', l, k, f, how, status)
        if not hit and how == 'clear' and not more:
            differs('filter', l, k, f, how, status, 'not found')
        if status == 200 and any(HANDLE.get((l, r['_key'])) not in WANT[l] for r in got['records']):
            differs('filter', l, k, f, 'row not permitted')
    # order by a field shown nowhere in the clear is refused
    status, got = c.get('/api/v1/datasets/person/records?' + q(order=f, limit=2))
    if status == 200 and not any(w.get(f) == 'clear' for w in WANT[l].values()) and WANT[l]:
        differs('order', l, f, status)
    # the explanation says what the doors do
    status, got = c.get('/api/v1/why?' + q(dataset='person', key=k))
    told = {x['name']: x['shown'] for x in got['fields']}[f] if status == 200 else None
    if status != 200 or got['is_seen'] != (how != 'none') or told != ('hidden' if how in ('hidden', 'none') else 'clear' if how == 'clear' else 'masked'):
        differs('why', l, k, f, how, status, told)
    asked[how if how in ('none', 'hidden', 'clear') else 'masked'] = asked.get(how if how in ('none', 'hidden', 'clear') else 'masked', 0) + 1
for door in ('record', 'list', 'search', 'filter', 'order', 'why'):
    check(f'{TRIPLES} triples through {door}: one answer', door not in wrong, (len(wrong.get(door, [])), wrong.get(door, [])[:3]))
check('every kind of answer was among them', min(asked.get(x, 0) for x in ('none', 'hidden', 'clear', 'masked')) > 20, asked)

# History: an old value shows where the old version's own row does.
OLD = {l: rules_of(l, old) for l in LOGINS}
bad = []
for l in LOGINS:
    for k in old:
        status, got = record_of(l, k)
        if status != 200:
            continue
        text = json.dumps(got['history'], ensure_ascii=False)
        if old[k]['mobile'] and (old[k]['mobile'] in text) != (OLD[l].get(k, {}).get('mobile') == 'clear'):
            bad.append((l, k, 'mobile', OLD[l].get(k, {}).get('mobile')))
        if (len(got['history']) > 0) != (k in OLD[l]):
            bad.append((l, k, 'version', k in OLD[l]))
check('history follows the rule of each version', not bad, bad[:4])

# Cases: who reports sees the value only where the record shows it; the key stays sealed where it is masked.
bad, n = [], 0
for _ in range(120):
    l, k, f = rng.choice(LOGINS), rng.choice(list(raw)), rng.choice(FIELDS)
    how, value = want(l, k, f)
    status, got = clients[l].post(f'/api/v1/datasets/person/records/{k}/report', {'field': f, 'note': '不对'})
    if (status == 201) != (how not in ('none', 'hidden')):
        bad.append((l, k, f, how, status, got))
    if status == 201:
        n += 1
        for reader in (l, 'police', 'manager'):
            s, case = clients[reader].get(f"/api/v1/cases/{got['case']}")
            text = json.dumps(case, ensure_ascii=False)
            h, _ = want(reader, k, f)
            if s != 200 or (raw[k][f] and (case['value'] == raw[k][f]) != (h == 'clear')):
                bad.append((reader, k, f, h, s, case.get('value')))
            if WANT[reader][k]['id_number'] != 'clear' and k in text:
                bad.append((reader, k, 'key in case'))
check(f'{n} cases show no more than the record does', not bad and n > 30, bad[:3])
for l in LOGINS:
    status, got = clients[l].get('/api/v1/cases?box=owner')
    text = json.dumps(got, ensure_ascii=False)
    hidden = [k for k in raw if WANT[l].get(k, {}).get('id_number') != 'clear' and k in text]
    check(f'{l}: the list of cases names no masked key', not hidden, hidden[:2])

# The audit record names no masked key either.
for l in ('auditor', 'manager', 'police'):
    status, got = clients[l].get('/api/v1/audit?' + q(dataset='person', limit=200))
    text = json.dumps(got, ensure_ascii=False)
    hidden = [k for k in raw if WANT[l].get(k, {}).get('id_number') != 'clear' and k in text]
    check(f'{l}: the audit record names no masked key', status == 200 and not hidden and len(got['events']) > 50, (status, hidden[:2]))

# Quarantine: refused rows show as their record would.
out = io.StringIO()
w = csv.DictWriter(out, FIELDS)
w.writeheader()
bad_rows = [dict(r, sex='9x', mobile='12') for r in list(old.values())[:20]]
w.writerows(bad_rows)
status, got = clients['police'].load('person', out.getvalue(), columns=FIELDS)
batch = got['id']
status, mine = clients['police'].get(f'/api/v1/batches/{batch}/quarantine')
check('the owner sees refused rows as they came', status == 200 and mine['rows'] and all(r['values']['mobile'] == '12' and '*' not in r['values']['name'] for r in mine['rows']), mine)
status, theirs = clients['manager'].get(f'/api/v1/batches/{batch}/quarantine')
leaks = [r for r in theirs['rows'] for o in bad_rows if o['id_number'] in json.dumps(r) or (o['name'] and o['name'] in json.dumps(r, ensure_ascii=False))]
check('who sees graded fields masked sees them masked there', status == 200 and len(theirs['rows']) == len(mine['rows']) and not leaks, leaks[:1])
status, text = clients['manager'].get(f'/api/v1/batches/{batch}/quarantine.csv')
check('and in its CSV', status == 200 and not [o for o in bad_rows if o['id_number'] in text], text[:300])
check('others do not get in', [clients[l].get(f'/api/v1/batches/{batch}/quarantine')[0] for l in ('wukang', 'vis', 'citizen', 'auditor')] == [403] * 4)

# Break-glass: one record, with a reason, told and reviewed.
k = next(k for k in raw if k not in WANT['oncall'])
other = next(x for x in raw if x not in WANT['oncall'] and x != k)
oncall = clients['oncall']
path = f'/api/v1/datasets/person/records/{k}'
check('the emergency look needs a reason', oncall.post(path + '/break-glass', {'reason': ' '})[0] == 400)
check('and the right to it', clients['wukang'].post(path + '/break-glass', {'reason': '老人走失，需要联系家属'})[0] == 403)
status, got = oncall.post(path + '/break-glass', {'reason': '老人走失，需要联系家属'})
check('then the record opens', status == 201 and oncall.get(path)[1]['record']['mobile'] == raw[k]['mobile'], got)
check('and no other', oncall.get(f'/api/v1/datasets/person/records/{other}')[0] == 403)
status, lst = oncall.get('/api/v1/datasets/person/records')
check('the list shows it as well', status == 200 and [r['id_number'] for r in lst['records']] == [k], lst)
check('the owner is told', any('紧急' in json.dumps(m, ensure_ascii=False) for m in clients['police'].get('/api/v1/home')[1]['messages']))
look = clients['auditor'].get('/api/v1/break-glass')[1]['looks'][0]
check('nobody reviews their own', look['may_review'] and oncall.post(f"/api/v1/break-glass/{look['id']}/review", {'state': 'justified', 'note': '情况属实'})[0] == 403)
check('the auditor reviews it', clients['auditor'].post(f"/api/v1/break-glass/{look['id']}/review", {'state': 'justified', 'note': '情况属实，已核实'})[0] == 200)
check('which ends it', oncall.get(path)[0] == 403)
check('once', clients['auditor'].post(f"/api/v1/break-glass/{look['id']}/review", {'state': 'unjustified', 'note': '再核一次'})[0] == 409)

# Delegation: a post lent, never widened, never passed on, ended at once.
vis, cit = clients['vis'], clients['citizen']
post = clients['wukang'].get('/api/v1/session')[1]['user']['posts'][0]['id']
k = next(k for k in WANT['wukang'] if k not in WANT['vis'])
tomorrow = time.strftime('%Y-%m-%d', time.localtime(time.time() + 86400))
check('another\'s post cannot be lent', vis.post('/api/v1/delegations', {'post': post, 'to': 'citizen', 'until': tomorrow, 'reason': '休假'})[0] == 403)
check('nor a role it has not', clients['wukang'].post('/api/v1/delegations', {'post': post, 'to': 'vis', 'until': tomorrow, 'reason': '休假', 'roles': ['auditor']})[0] == 403)
check('nor without an end', clients['wukang'].post('/api/v1/delegations', {'post': post, 'to': 'vis', 'reason': '休假'})[0] == 400)
status, got = clients['wukang'].post('/api/v1/delegations', {'post': post, 'to': 'vis', 'until': tomorrow, 'reason': '休假'})
check('the colleague sees the area at once', status == 201 and vis.get(f'/api/v1/datasets/person/records/{k}')[0] == 200, got)
lent = [p['id'] for p in vis.get('/api/v1/session')[1]['user']['posts'] if p.get('delegated_by')][0]
check('and cannot pass it on', vis.post('/api/v1/delegations', {'post': lent, 'to': 'citizen', 'until': tomorrow, 'reason': '休假'})[0] == 403)
place.sql("update shuzhi.staff set is_active = false where login = 'wukang'")
check('it ends with the account it came from', vis.get(f'/api/v1/datasets/person/records/{k}')[0] == 403)
place.sql("update shuzhi.staff set is_active = true where login = 'wukang'")
check('or when it is taken back', clients['wukang'].post(f"/api/v1/delegations/{got['id']}/end")[0] == 204 and vis.get(f'/api/v1/datasets/person/records/{k}')[0] == 403)

vis, cit = clients['vis'], clients['citizen']
# Simulation: sums over the rows one may read, or over all for who holds the verb; a draft cannot pick out a person.
sim = '/api/v1/rules/elder-allowance/simulate'
ask = {'dataset': 'person', 'decision': '每月合计', 'parameters': {'计算日期': '2026-11-25'}, 'by': ['sex']}
status, got = clients['leader'].post(sim, ask)
check('who holds simulate has it tried over every row', status == 200 and got['all']['rows'] == len(raw) and got['is_limited'] is False, str(got)[:300])
check('without a right to a single one', clients['leader'].get('/api/v1/datasets/person/records')[0] == 403)
status, got = cit.post(sim, ask)
check('a citizen over their own row', status == 200 and got['all']['rows'] == 1 and got['is_limited'] is True, str(got)[:300])
check('a field masked for the asker is not read', clients['vis'].post(sim, ask)[0] == 403 and clients['auditor'].post(sim, ask)[0] == 403)
target = next(k for k in raw if k != IDS['citizen'] and raw[k]['birth_date'])
spy = f'''<?xml version="1.0"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="d" namespace="d" id="d">
<inputData id="i" name="id_number"><variable name="id_number"/></inputData>
<inputData id="b" name="出生日期"><variable name="出生日期" typeRef="date"/></inputData>
<decision id="x" name="每月合计"><variable name="每月合计" typeRef="number"/>
<informationRequirement><requiredInput href="#i"/></informationRequirement><informationRequirement><requiredInput href="#b"/></informationRequirement>
<literalExpression><text>if string(id_number) = "{target}" then 出生日期.year else if id_number = null then 0 else 1000000</text></literalExpression></decision></definitions>'''
for l in ('leader', 'citizen'):
    status, got = clients[l].post(sim, dict(ask, against=spy))
    check(f'{l}: a draft is not given the key, so it cannot pick out a person', status == 200 and got['all']['against_total'] == 0, str(got)[:300])

# The cases behind a difference: of the rows one may read, where the decision looks at nothing that is masked.
all_differ = spy[:spy.index('<literalExpression>')].replace('<inputData id="i" name="id_number"><variable name="id_number"/></inputData>', '').replace(
    '<informationRequirement><requiredInput href="#i"/></informationRequirement>', '') + '<literalExpression><text>-1</text></literalExpression></decision></definitions>'
behind = '/api/v1/rules/elder-allowance/cases'
for l, client in clients.items():
    listed = client.get('/api/v1/datasets/person/records?limit=200')
    status, got = client.post(behind, dict(ask, against=all_differ, what='gain'))
    may = listed[0] == 200 and status == 200
    check(f'{l}: a difference opens to rows that may be read, or to none', status == 403 or (may and len(got['cases']) == min(200, got['total']) and
          all(client.get('/api/v1/datasets/person/records/' + c['key'])[0] == 200 for c in got['cases'][:5])), (status, str(got)[:300]))
    status, got = client.post(behind, dict(ask, against=spy, what='gain'))
    check(f'{l}: a draft that asks for the key opens nothing where the key is masked', status == 403 or (may and all(c['key'] in raw for c in got['cases'])), str(got)[:200])
status, got = cit.post(behind, dict(ask, against=all_differ, what='gain'))
check('a citizen finds themselves and no other', status == 200 and [c['title'] for c in got['cases']] == [raw[IDS['citizen']]['name']], str(got)[:300])

# My data: one's own record, who looked, an objection with a due date, a correction.
mine = IDS['citizen']
status, got = cit.get('/api/v1/my/records')
check('a citizen finds their own record, in the clear, and no other', status == 200 and [r['values']['id_number'] for r in got['records']] == [mine] and
      got['records'][0]['values']['mobile'] == raw[mine]['mobile'], got)
clients['police'].get(f'/api/v1/datasets/person/records/{mine}')
status, got = cit.get('/api/v1/my/looks?' + q(dataset='person', key=mine))
look = next((x for x in got['looks'] if x['organisation']['code'] == '330521-gaj'), None)
check('and who looked: the organisation, when, what for', status == 200 and look and look['action'] == 'records.read' and 'who' not in look, got)
got = cit.get('/api/v1/my/looks?' + q(dataset='person', key=mine))[1]
check('lists and exports that showed it among others are found too', {'records.list', 'records.export'} <= {x['action'] for x in got['looks']}, [x['action'] for x in got['looks']])
check('not at another\'s', cit.get('/api/v1/my/looks?' + q(dataset='person', key=next(k for k in raw if k != mine)))[0] == 403)
check('staff without a record of their own find none', clients['police'].get('/api/v1/my/records')[1]['records'] == [])
check('an objection says what to', cit.post('/api/v1/my/objections', {'dataset': 'person', 'key': mine, 'look': look['id'], 'note': ''})[0] == 400)
status, got = cit.post('/api/v1/my/objections', {'dataset': 'person', 'key': mine, 'look': look['id'], 'note': '我没有办理过业务'})
check('an objection is a case with a due date', status == 201 and got['due'] > time.strftime('%Y-%m-%d'), got)
status, case = clients['police'].get(f"/api/v1/cases/{got['case']}")
check('at the owner', status == 200 and case['kind'] == 'objection' and look['id'] in case['note'], case)
check('which is answered in words', clients['police'].post(f"/api/v1/cases/{got['case']}/fix", {'note': ''})[0] == 400 and
      clients['police'].post(f"/api/v1/cases/{got['case']}/fix", {'note': '系人口普查核对，已说明'})[0] == 200)
check('and told', any('异议' in json.dumps(m, ensure_ascii=False) for m in cit.get('/api/v1/home')[1]['messages']))
check('a correction is a case at the source', cit.post(f'/api/v1/datasets/person/records/{mine}/report', {'field': 'mobile', 'proposed': '13800000000'})[0] == 201)

# What a request is for: kept on record, and a row condition may ask for it.
clients['police'].get(f'/api/v1/datasets/person/records/{mine}', headers={'X-Purpose': 'census'})
check('the purpose is on record', 'census' in [x['purpose'] for x in cit.get('/api/v1/my/looks?' + q(dataset='person', key=mine))[1]['looks']])
status, got = clients['police'].get(f'/api/v1/datasets/person/records/{mine}', headers={'X-Purpose': "x', true); drop table data.person; --"})
check('a purpose stays a text', status == 200 and place.sql('select count(*) from data.person') == str(len(raw)), got)

# A change of rights is in force for a running session within a second.
place.sql("update shuzhi.post set area = '330521101' where login = 'wukang'")
check('a post changed: the next answer follows', clients['wukang'].get(f'/api/v1/datasets/person/records/{k}')[0] == 403)
place.sql("update shuzhi.post set area = '330521001' where login = 'wukang'")
rights = (at / 'county/deqing/rights.csv').read_text()
(at / 'county/deqing/rights.csv').write_text(re.sub('grid-worker,person,.*\n', '', rights))
r = place.run('apply', 'county/deqing', *sorted(f'apps/{p.name}' for p in (at / 'apps').iterdir()))
began = time.time()
while clients['wukang'].get(f'/api/v1/datasets/person/records/{k}')[0] == 200 and time.time() - began < 5:
    time.sleep(0.02)
check('a line taken out of rights.csv: within a second', r.returncode == 0 and time.time() - began < 1, (r.stderr, time.time() - began))

# The reader cannot get round it, whatever it says.
reader = place.env['SHUZHI_DATABASE_URL'].replace('user=shuzhi', 'user=shuzhi_reader')
def as_reader(text):
    return subprocess.run(['psql', reader, '-qAtX', '-c', text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
check('without an asker the reader sees no row', as_reader('select count(*) from data.person').stdout.strip() == '0')
check('nor with row security off', as_reader('set row_security = off; select count(*) from data.person').returncode != 0)
for text in ('update data.person set name = name', 'delete from data.person', 'drop policy shuzhi_read on data.person', 'alter table data.person disable row level security',
             'select * from shuzhi.staff', 'select * from shuzhi.secret', 'select * from shuzhi.audit_batch', 'set role shuzhi', 'create table data.x (a int)', 'select key_digest from shuzhi.share_grant'):
    check(f'the reader may not: {text}', as_reader(text).returncode != 0)

# Attempts to widen a question.
for text in ("' or true --", '330521001001\' or \'1\'=\'1', '%', '330521%', '{"$ne":null}', '\\', '330521001001) or (true'):
    status, got = clients['wukang'].get('/api/v1/datasets/address/records?' + q(division=text))
    check(f'a filter stays a value: {text}', status in (200, 400) and (status != 200 or got['records'] == []), (status, got))
for header in ({'X-User': 'police'}, {'X-Forwarded-User': 'police'}, {'Authorization': 'Bearer police'}):
    check(f'a header names nobody: {list(header)[0]}', len(clients['citizen'].get('/api/v1/datasets/person/records', headers=header)[1]['records']) == 1)
sealed = record_of('auditor', list(raw)[0])[1]['record']['_key']
check('a masked key is sealed', re.match(r'~\d+\.', sealed) and list(raw)[0] not in sealed, sealed)
check('the seal opens here', clients['auditor'].get(f'/api/v1/datasets/person/records/{sealed}')[0] == 200)
check('and nowhere else', clients['auditor'].get(f'/api/v1/datasets/address/records/{sealed}')[0] == 404 and
      clients['auditor'].get(f'/api/v1/datasets/person/records/{sealed[:-2]}AA')[0] == 404)

# Exports name whoever took them.
status, text = clients['police'].get('/api/v1/datasets/person/records.csv')
number = re.search(r'person-(\d+)\.csv', clients['police'].headers['Content-Disposition'])[1]
copied = '\n'.join(text.splitlines()[40:60])
(at / 'leak.txt').write_text(copied)
r = place.run('trace', 'leak.txt')
check('twenty copied lines name the export and who took it', r.returncode == 0 and f'export {number},' in r.stdout and 'police took' in r.stdout, r.stdout + r.stderr)
(at / 'leak.txt').write_text(no_mark(copied))
check('a file without marks says so', place.run('trace', 'leak.txt').returncode == 4)

# The command line says the same.
k = next(iter(WANT['eld']))
r = place.run('why', 'eld', f'person/{k}')
check('shuzhi why names the line', r.returncode == 0 and f'eld sees this record' in r.stdout and 'rights.csv:' in r.stdout, r.stdout + r.stderr)
check('and refuses what is not there', place.run('why', 'nobody', f'person/{k}').returncode == 4 and place.run('why', 'eld', 'person/0').returncode == 4)

# Every route is registered; a door named there is asked above.
listed = {(r['method'], r['path']): r for r in csv.DictReader(open(ROOT / 'tests/api/doors.csv'))}
routes = {tuple(x.split(' ')[:2]) for x in place.run('routes').stdout.splitlines()}
check('every route stands in doors.csv', routes == set(listed), (routes ^ set(listed)))
DOORS = {'record', 'list', 'export', 'count', 'why', 'case', 'audit', 'quarantine', 'glass', 'share', 'simulate', 'my', 'none'}
check('and names a door that is asked, or why it shows no record', all(r['door'] in DOORS and (r['door'] != 'none' or r['why']) for r in listed.values()))
end()
