#!/usr/bin/env python3
"""Two counties, two servers, two databases: asked, agreed, delivered, landed, receipted; and every way to cheat or to break it.

Between them stands a wire that can lose, alter and keep what passes; messages are also made here, by openssl, as another
implementation would.
"""
import base64, hashlib, random, threading, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from harness import *


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Wire(BaseHTTPRequestHandler):
    """Passes POST on to a county; what it does to them is set by the test."""
    def log_message(self, *a):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        w = self.server
        w.seen.append(body)
        mode = w.modes.pop(0) if w.modes else w.mode
        if mode == 'cut before':
            return self.close()
        if mode == 'alter':
            body = body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]
        try:
            c = http.client.HTTPConnection('127.0.0.1', w.to, timeout=60)
            c.request('POST', self.path, body)
            r = c.getresponse()
            answer = r.read()
        except OSError:
            return self.close()
        w.answers.append((r.status, answer))
        if mode == 'cut after':
            return self.close()
        if mode == 'false receipt':
            answer = answer[:-10] + b'A' * 9 + b'\n'
        self.send_response(r.status)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def close(self):
        self.close_connection = True
        self.connection.close()


def wire(to):
    w = ThreadingHTTPServer(('127.0.0.1', 0), Wire)
    w.daemon_threads = True
    w.to, w.mode, w.modes, w.seen, w.answers = to, 'pass', [], [], []
    threading.Thread(target=w.serve_forever, daemon=True).start()
    return w


# --- two counties ---
PORTS = {'deqing': free_port(), 'anji': free_port()}
WIRES = {name: wire(port) for name, port in PORTS.items()}  # to that county
places = {name: Place() for name in PORTS}
KEYS = {name: p.run('exchange', 'key').stdout for name, p in places.items()}
check('each has a key of its own, made once', all('BEGIN PUBLIC KEY' in k for k in KEYS.values()) and KEYS['deqing'] != KEYS['anji'] and
      places['anji'].run('exchange', 'key').stdout == KEYS['anji'], KEYS)
check('which others may not read', oct(os.stat(places['anji'].folder + '/var/exchange-key.pem').st_mode & 0o777) == '0o600')


def apply(name, other, keys, title=None):
    base = pathlib.Path(places[name].folder)
    shutil.rmtree(base / 'packages', ignore_errors=True)
    shutil.copytree(ROOT / 'county/deqing', base / 'packages/county' / name)
    shutil.copytree(ROOT / 'apps', base / 'packages/apps')
    y = base / 'packages/county' / name / 'county.yaml'
    y.write_text(y.read_text().replace('id: deqing\ntitle: {zh: 德清县, en: Deqing County}', 'id: %s\ntitle: {zh: %s, en: %s}' % (name, name, name)))
    pem = ''.join('      - |\n' + ''.join('        ' + l + '\n' for l in k.strip().split('\n')) for k in keys)
    (y.parent / 'partners.yaml').write_text(f'''partners:
  - id: {other}
    title: {{zh: {title or other}, en: {other}}}
    division: "330523"
    url: http://127.0.0.1:{WIRES[other].server_port}
    keys:
{pem}''')
    places[name].sql(f"delete from shuzhi.package where id = 'deqing' and '{name}' <> 'deqing'")
    r = places[name].run('apply', str(y.parent), *sorted(map(str, (base / 'packages/apps').glob('*'))))
    return check(f'{name}: packages with its partner are put in force', r.returncode == 0, r.stderr)


apply('deqing', 'anji', [KEYS['anji']], '安吉县')
apply('anji', 'deqing', [KEYS['deqing']], '德清县')
for name, p in places.items():
    p.serve('--port', str(PORTS[name]))
giver, taker = places['deqing'], places['anji']
police = giver.client('police')
theirs = taker.client('police')
police.load('person', persons(0, 40) + person_row(50, 居住村社='330521002001'))
status, got = theirs.get('/api/v1/exchange/partners')
check('the partner stands at the desk', status == 200 and [(x['id'], x['title']['zh']) for x in got['partners']] == [('deqing', '德清县')], got)


def until(what, seconds=40):
    end = time.time() + seconds
    while time.time() < end:
        got = what()
        if got:
            return got
        time.sleep(0.1)
    return what()


COLUMNS = {f: f for f in ('id_number', 'name', 'sex', 'birth_date', 'division', 'residence')}
ASK = {'partner': 'deqing', 'dataset': 'person', 'into': 'person', 'columns': COLUMNS, 'clear': ['id_number', 'name', 'birth_date'],
       'filter': [{'field': 'division', 'op': '=', 'value': '330521001001'}], 'purpose': '异地就医备案核验', 'legal_basis': '浙江省公共数据条例第二十四条',
       'until': time.strftime('%Y-%m-%d', time.localtime(time.time() + 86400 * 90)), 'frequency': 'once'}
for name, change, code in [('no such partner', {'partner': 'x'}, 404), ('no purpose', {'purpose': ' '}, 400), ('a past term', {'until': '2020-01-01'}, 400),
                           ('a column that is none', {'columns': {**COLUMNS, 'mobile': 'salary'}}, 400), ('a required field left out', {'columns': {'name': 'name'}}, 400),
                           ('a dataset here that is none', {'into': 'x'}, 404)]:
    status, got = theirs.post('/api/v1/exchange/agreements', {**ASK, **change})
    check(f'{name}: refused', status == code, (status, got))
check('who may not load into the dataset may not ask for it', taker.client('civil').post('/api/v1/exchange/agreements', ASK)[0] == 403)
check('nor a leader see it all', taker.client('leader').get('/api/v1/exchange/agreements')[0] == 403)


def ask(**change):
    status, got = theirs.post('/api/v1/exchange/agreements', {**ASK, **change})
    check('asked', status == 201, got)
    return got['id']


def agreement(client, id):
    return client.get(f'/api/v1/exchange/agreements/{id}')[1]


def request_of(id):
    got = until(lambda: police.get(f'/api/v1/exchange/agreements/{id}')[0] == 200 and agreement(police, id))
    return got['request']


def approve(id, **more):
    request = request_of(id)
    status, got = police.post(f'/api/v1/requests/{request}/approve', more)
    check('approved at the owner\'s desk, as any request', status == 200, got)
    until(lambda: agreement(theirs, id)['state'] == 'active')
    return request


# --- the whole way ---
first = ask()
request = request_of(first)
status, got = police.get(f'/api/v1/requests/{request}')
check('the owner sees which county asks, for what', status == 200 and got['from']['organisation']['title']['zh'] == '安吉县' and got['purpose'] == ASK['purpose'], got)
approve(first, clear=['id_number', 'name', 'birth_date'])
landed = until(lambda: [m for m in police.get(f'/api/v1/exchange/messages?agreement={first}')[1]['messages'] if m['outcome']])
check('delivered, receipted, landed, and the outcome told', landed and landed[0]['state'] == 'taken' and landed[0]['outcome']['new'] == 40, landed)
check('the records stand at the other county: the rows and fields granted, no more', taker.sql(
    "select count(*), count(mobile), count(*) filter (where division <> '330521001001') from data.person") == '40|0|0')
same = "select md5(string_agg(concat_ws('|', id_number, name, sex, birth_date, division, residence), ',' order by id_number)) from data.person where division = '330521001001'"
check('value for value', giver.sql(same) == taker.sql(same))
key0 = person_row(0).split(',')[0]
record = theirs.get(f'/api/v1/datasets/person/records/{key0}')[1]
check('their lineage names the county', '德清县' in record['lineage']['file'] and record['lineage']['kind'] == 'exchange', record.get('lineage'))
message = [m for m in theirs.get('/api/v1/exchange/messages')[1]['messages'] if m['type'] == 'records'][0]
check('no body is kept once it has landed or is receipted', taker.sql('select count(*) from shuzhi.exchange_message where body is not null') == '0' and
      giver.sql("select count(*) from shuzhi.exchange_message where body is not null") == '0')


# --- a second implementation, in openssl and here ---
def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def sm3(data):
    return subprocess.run(['openssl', 'dgst', '-sm3', '-binary'], input=data, stdout=subprocess.PIPE, check=True).stdout.hex()


def openssl(*args, **files):
    with tempfile.TemporaryDirectory() as d:
        for name, data in files.items():
            pathlib.Path(d, name).write_bytes(data if isinstance(data, bytes) else data.encode())
        return subprocess.run(['openssl', *args], cwd=d, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


SM2 = ['-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678']


def flat(der):
    parts, at = [], 2 if der[1] < 128 else 3
    for _ in range(2):
        n = der[at + 1]
        parts.append(der[at + 2:at + 2 + n].lstrip(b'\0').rjust(32, b'\0'))
        at += 2 + n
    return b''.join(parts)


def der(raw):
    def number(b):
        b = b.lstrip(b'\0') or b'\0'
        b = b'\0' + b if b[0] > 127 else b
        return bytes([2, len(b)]) + b
    body = number(raw[:32]) + number(raw[32:])
    return bytes([0x30, len(body)]) + body


def proves(token, pem):
    head, claims, signature = token.strip().split('.')
    r = openssl('pkeyutl', '-verify', '-pubin', '-inkey', 'k', '-in', 'd', '-sigfile', 's', *SM2, k=pem, d=f'{head}.{claims}', s=der(unb64(signature)))
    return r.returncode == 0


def claims_of(token):
    return json.loads(unb64(token.split('.')[1]))


got = police.get(f"/api/v1/exchange/messages/out/{landed[0]['id']}")[1]
receipt = claims_of(got['receipt'])
check('the receipt is proved by openssl with the taker\'s public key', proves(got['receipt'], KEYS['anji']) and not proves(got['receipt'], KEYS['deqing']))
check('it names message, digest and parties', receipt['of'] == landed[0]['id'] and receipt['digest'] == landed[0]['digest'] and
      (receipt['iss'], receipt['aud'], receipt['result']) == ('anji', 'deqing', 'taken'), receipt)
check('the message too, with the giver\'s', proves(got['token'], KEYS['deqing']))
sent = [s for s in WIRES['anji'].seen if claims_of(s.split(b'\n')[0].decode())['type'] == 'records'][0]
check('its digest is the SM3 of the body, by openssl', sm3(sent.split(b'\n', 1)[1]) == landed[0]['digest'])

PRIVATE = {name: pathlib.Path(p.folder, 'var/exchange-key.pem').read_text() for name, p in places.items()}


def make(body=b'', key=None, head=None, **change):
    """A message from deqing to anji, as it should be but for what is changed."""
    body = body if isinstance(body, bytes) else body.encode()
    now = int(time.time())
    claims = {'jti': str(uuid.uuid4()), 'iss': 'deqing', 'aud': 'anji', 'iat': now, 'exp': now + 600, 'type': 'records', 'agreement': first, 'part': 1, 'last': True,
              'seq': int(taker.sql("select last_in from shuzhi.exchange_partner where partner = 'deqing'")) + 1, 'bytes': len(body), 'digest': sm3(body)}
    claims.update(change)
    part = b64(json.dumps(head or {'alg': 'SM2SM3', 'typ': 'JWT'}).encode()) + '.' + b64(json.dumps(claims).encode())
    r = openssl('pkeyutl', '-sign', '-inkey', 'k', '-in', 'd', *SM2, k=key or PRIVATE['deqing'], d=part)
    return f'{part}.{b64(flat(r.stdout))}'.encode() + b'\n' + body


def state():
    return taker.sql("select (select count(*) from shuzhi.exchange_message where direction = 'in'), (select last_in from shuzhi.exchange_partner where partner = 'deqing'),"
                     " (select count(*) from shuzhi.batch), (select count(*) from data.person), (select count(*) from history.person)")


def post(data):
    try:
        return taker.client().call('POST', '/exchange/v1/messages', raw=data)
    except (BrokenPipeError, ConnectionResetError):
        return 429, 'refused by its length: the server closed before it was all sent'


ROW = json.dumps({k: None for k in COLUMNS}) + '\n'
other = subprocess.run(['openssl', 'genpkey', '-algorithm', 'SM2'], stdout=subprocess.PIPE, text=True).stdout
good = make(ROW)
before = state()
now = int(time.time())
for name, data, want in [
        ('a wrong signature', good[:good.index(b'\n') - 4] + b'AAAA' + good[good.index(b'\n'):], (401, 400)), ('another\'s key', make(ROW, key=other), (401,)),
        ('the taker\'s own key', make(ROW, key=PRIVATE['anji']), (401,)), ('an altered body', good[:-3] + b'X}\n', (400,)), ('a body cut short', good[:-5], (400,)),
        ('a body grown', good + ROW.encode(), (400,)), ('an altered head', b64(b'{"alg":"SM2SM3"}').encode() + good[good.index(b'.'):], (401,)),
        ('alg none', make(ROW, head={'alg': 'none'}), (401,)), ('alg ES256', make(ROW, head={'alg': 'ES256'}), (401,)), ('crit', make(ROW, head={'alg': 'SM2SM3', 'crit': ['x']}), (400,)),
        ('one for another county', make(ROW, aud='tonglu'), (403,)), ('one from nobody known', make(ROW, iss='tonglu'), (401,)), ('one from the county itself', make(ROW, iss='anji', key=PRIVATE['anji']), (401,)),
        ('one past its time', make(ROW, iat=now - 7200, exp=now - 3600), (400,)), ('one from tomorrow', make(ROW, iat=now + 86400, exp=now + 90000), (400,)),
        ('one that lives for a year', make(ROW, exp=now + 86400 * 365), (400,)), ('a sequence skipped', make(ROW, seq=int(before.split('|')[1]) + 2), (409,)),
        ('a sequence used', make(ROW, seq=int(before.split('|')[1])), (409,)), ('a sequence below one', make(ROW, seq=-1), (400,)), ('an id that is none', make(ROW, jti="x' or '1'='1"), (400,)),
        ('a type that is none', make(ROW, type='shell'), (400,)), ('five megabytes', make(ROW * 60000), (429,)), ('an empty body', b'', (400,)), ('no newline', good.split(b'\n')[0], (400,)),
        ('bytes', os.urandom(3000), (400,)), ('a body with U+0000', make(b'{"a":"\0"}\n'), (400,)), ('a body not UTF-8', make(b'{"a":"\xff"}\n'), (400,))]:
    status, got = post(data)
    check(f'{name}: refused, nothing changed', status in want and state() == before, (status, got, state(), before))

for name, body, change, reason in [
        ('records under no agreement', ROW, {'agreement': str(uuid.uuid4())}, 'no agreement'), ('lines that are no JSON', 'not json\n', {}, 'no JSON object'),
        ('a request with a field that is none', json.dumps({'dataset': 'person', 'fields': ['salary'], 'purpose': 'x', 'legal_basis': 'y', 'until': '2027-01-01'}),
         {'type': 'agreement.request', 'agreement': str(uuid.uuid4())}, 'no field'),
        ('a request for what is not there', json.dumps({'dataset': "x'; drop table data.person", 'fields': ['a']}), {'type': 'agreement.request', 'agreement': str(uuid.uuid4())}, 'no dataset'),
        ('a date that PostgreSQL refuses', json.dumps({'dataset': 'person', 'fields': ['name'], 'purpose': 'x', 'legal_basis': 'y', 'until': '2027-01-01',
                                                     'filter': [{'field': 'birth_date', 'op': '=', 'value': "x' or true"}]}), {'type': 'agreement.request', 'agreement': str(uuid.uuid4())}, 'date'),
        ('a decision on what is decided', '{"state":"active","fields":["mobile"]}', {'type': 'agreement.decided'}, 'already'),
        ('an outcome of what this county did not send', '{"message":"x"}', {'type': 'records.landed'}, 'taker')]:
    status, got = post(make(body, **change))
    c = claims_of(got) if status == 200 else {}
    check(f'{name}: refused by a signed receipt that says why', status == 200 and c.get('result') == 'refused' and reason in c.get('reason', '') and proves(got, KEYS['anji']), (status, got, c))

# the giver, unlike this test, did not use those sequences: put it level
giver.sql("update shuzhi.exchange_partner set last_out = %s where partner = 'anji'" % taker.sql("select last_in from shuzhi.exchange_partner where partner = 'deqing'"))
before = state()
status, got = post(sent)
check('a replay changes nothing and gets the receipt it got', status == 200 and claims_of(got)['of'] == landed[0]['id'] and state() == before, (status, got))
status, got = post(make(ROW, jti=landed[0]['id']))
check('its id with another body: a conflict', status == 409 and state() == before, (status, got))

# --- the wire fails ---
def deliver(id=first):
    status, got = police.post(f'/api/v1/exchange/agreements/{id}/deliver')
    return check('sent again', status == 202, (status, got))


def settled(id=first):
    return until(lambda: giver.sql(f"select count(*) from shuzhi.exchange_message where agreement = '{id}' and direction = 'out' and (state = 'waiting' or (type = 'records' and state = 'taken' and outcome is null))") == '0' and
                 giver.sql(f"select count(*) from shuzhi.exchange_delivery where agreement = '{id}' and state = 'running'") == '0', 60)


def counts():
    return giver.sql("select count(*) from shuzhi.exchange_message where type = 'records' and direction = 'out'"), taker.sql("select count(*) from shuzhi.exchange_message where type = 'records' and direction = 'in' and state = 'landed'")


for mode in ('cut before', 'cut after', 'alter', 'false receipt'):
    WIRES['anji'].modes = [mode]
    n = int(counts()[0])
    deliver()
    check(f'{mode}: sent again until its receipt is here, and taken once', settled() and counts() == (str(n + 1), str(n + 1)), (counts(), police.get('/api/v1/exchange/messages')[1]['messages'][:2]))
tries = giver.sql("select max(tries) from shuzhi.exchange_message where type = 'records'")
check('each took more than one try', int(tries) >= 2, tries)

# --- killed at any moment, both sides ---
police.load('person', persons(100, 9000))
second = ask(filter=[], frequency='once')
approve(second, clear=['id_number', 'name', 'birth_date'])
rng = random.Random(5)
for i in range(6):
    time.sleep(rng.uniform(0.05, 0.8))
    name = rng.choice(list(places))
    places[name].stop_server(signal.SIGKILL)
    places[name].serve('--port', str(PORTS[name]))
police, theirs = giver.client('police'), taker.client('police')
check('killed six times in mid-delivery, it comes to its end', settled(second), police.get(f'/api/v1/exchange/messages?agreement={second}')[1])
same = "select count(*), md5(string_agg(concat_ws('|', id_number, name, sex, birth_date, division, residence), ',' order by id_number)) from data.person"
check('nothing lost, nothing twice', giver.sql(same) == taker.sql(same) and taker.sql("select count(*) - count(distinct (partner, sequence)) from shuzhi.exchange_message where direction = 'in'") == '0', (giver.sql(same), taker.sql(same)))
check('each message is one batch', taker.sql("select count(*) = count(distinct batch) from shuzhi.exchange_message where batch is not null") == 't')
check('every record that left is on record, with the grant and for whom', giver.sql(
    "select shuzhi.audit_unfold()") != '' and giver.sql("select sum(count) from shuzhi.audit_event where action = 'exchange.send' and organisation = 'partner:anji'") ==
      giver.sql("select sum(records) from shuzhi.exchange_message where type = 'records' and direction = 'out'"))
taker.sql('select shuzhi.audit_unfold()')
actions = set(taker.sql("select distinct action || ' ' || result from shuzhi.audit_event where via = 'exchange'").splitlines())
check('and at the taker: what came, and what was refused', {'exchange.receive ok', 'exchange.receive refused', 'exchange.receive denied'} <= actions, actions)

# --- a key changes ---
next_key = giver.run('exchange', 'next-key').stdout
apply('anji', 'deqing', [KEYS['deqing'], next_key], '德清县')
r = giver.run('exchange', 'rotate')
check('the new key is in force while servers run', r.returncode == 0 and r.stdout == next_key, r.stderr)
deliver()
check('messages by the new key are taken', settled() and proves(WIRES['anji'].seen[-1].split(b'\n')[0].decode(), next_key))
apply('anji', 'deqing', [next_key], '德清县')
before = state()
status, got = post(make(ROW))
check('the old key is worth nothing once it is off the list', status == 401 and state() == before, (status, got))
check('rotate without a next key says so', giver.run('exchange', 'rotate').returncode == 4)

# --- the end ---
grant = agreement(police, first)['grant']
status, got = police.post(f'/api/v1/grants/{grant}/revoke', {'reason': '用途变更'})
check('the owner revokes the grant', status == 200, got)
check('both counties know', until(lambda: agreement(theirs, first)['state'] == 'ended') and agreement(police, first)['state'] == 'ended' and agreement(theirs, first)['reason'] == '用途变更')
check('nothing goes under it any more', police.post(f'/api/v1/exchange/agreements/{first}/deliver')[0] == 403)
PRIVATE['deqing'] = pathlib.Path(giver.folder, 'var/exchange-key.pem').read_text()
status, got = post(make(ROW))
check('and nothing is taken', status == 200 and claims_of(got)['result'] == 'refused' and 'ended' in claims_of(got)['reason'], got)
giver.sql("update shuzhi.exchange_partner set last_out = last_out + 1 where partner = 'anji'")
check('the taker ends one too', theirs.post(f'/api/v1/exchange/agreements/{second}/end', {'reason': '不再需要'})[0] == 200 and
      until(lambda: agreement(police, second)['state'] == 'ended') and giver.sql(f"select is_revoked from shuzhi.share_grant g join shuzhi.exchange_agreement a on a.grant_id = g.id where a.id = '{second}'") == 't')
third = ask()
status, got = police.post(f'/api/v1/requests/{request_of(third)}/refuse', {'reason': '依据不足'})
check('a refusal is told, with its reason', status == 200 and until(lambda: agreement(theirs, third)['state'] == 'refused') and agreement(theirs, third)['reason'] == '依据不足')
fourth = ask(dataset='salary')
check('what is not there is refused by the receipt', until(lambda: agreement(theirs, fourth)['state'] == 'refused') and 'salary' in agreement(theirs, fourth)['reason'])
for name, p in places.items():
    log = p.server_log()
    check(f'{name}: no key and no person in the log', 'PRIVATE' not in log and key0 not in log)
    check(f'{name}: ends in peace', p.stop_server() == 0, p.server_log()[-2000:])
end()
