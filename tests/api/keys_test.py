#!/usr/bin/env python3
"""The key ring: rotated under load, lost, mistaken, wrapped by a token, moved out of an old database."""
import base64, hmac, re, struct, threading
from harness import *


def totp(secret, shift=0):
    key = base64.b32decode(secret)
    h = hmac.new(key, struct.pack('>Q', int(time.time()) // 30 + shift), 'sha1').digest()
    at = h[-1] & 15
    return f"{(struct.unpack('>I', h[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


place = Place()
place.env.update(SHUZHI_RATE_PERSON='0', SHUZHI_RATE_ADDRESS='0')  # one person works for many
ring = pathlib.Path(place.folder) / 'var/keys/ring.keys'
check('a new database holds no key', place.sql('select count(*) from shuzhi.secret') == '0')
place.serve()
check('a ring is made, for its owner alone', ring.stat().st_mode & 0o777 == 0o600 and
      re.fullmatch(r'shuzhi-keys 1\ngeneration 1 active \S+ [0-9a-f]{64}\n', ring.read_text()), ring.read_text()[:60])
police = place.client('police')
status, got = police.load('person', persons(0, 300))
check('records are there', got['state'] == 'done' and got['created'] == 300 if 'created' in got else got['state'] == 'done', got)
auditor = place.client('auditor')


def handles(c):
    return [r['_key'] for r in c.get('/api/v1/datasets/person/records?limit=100')[1]['records']]


def opens(c, key):
    return c.get(f'/api/v1/datasets/person/records/{key}')[0]


first = handles(auditor)
check('handles name their generation', all(re.match(r'~1\.', k) for k in first), first[:1])


def sign_in(secret=None, code=None, **more):
    place.sql("delete from shuzhi.sign_in_failure; update shuzhi.staff set totp_step = 0 where login = 'accounts'")
    c = place.client()
    return *c.post('/api/v1/session', {'login': 'accounts', 'password': PASSWORD, **({'code': code or totp(secret)} if secret or code else {}), **more}), c


secret = sign_in()[1]['secret']
check('a second factor is set up', sign_in(secret)[0] == 200)
check('it is sealed with the first generation', place.sql("select totp from shuzhi.staff where login = 'accounts'").startswith('1.'))

# --- rotated while people work ---
answers, stop = [], threading.Event()


def work(who):
    c = place.client(who)
    mine = list(first)
    while not stop.is_set():
        for k in mine[:5]:
            answers.append(('old handle', opens(c, k)))
        fresh = handles(c)
        answers.append(('list', 200 if fresh else 0))
        for k in fresh[:5]:
            answers.append(('new handle', opens(c, k)))


def two_factors():
    while not stop.is_set():
        answers.append(('second factor', sign_in(secret)[0]))


second_server = subprocess.Popen([BINARY, 'serve', '--port', '0', '--uploads', place.folder + '/uploads2', '--web', str(ROOT / 'web/dist')],
                                 cwd=place.folder, env=place.env, stdout=subprocess.PIPE, stderr=open(place.folder + '/serve2.log', 'ab'), text=True)
second_port = int(second_server.stdout.readline().strip().rsplit(':', 1)[1])
atexit.register(second_server.kill)
other = Client(second_port).sign_in('auditor')
workers = [threading.Thread(target=work, args=('auditor',)) for _ in range(4)] + [threading.Thread(target=two_factors)]
for w in workers:
    w.start()
crossed = []
for n in range(3):
    time.sleep(1)
    r = place.run('key', 'rotate')
    check(f'rotation {n + 1}', r.returncode == 0 and f'generation {n + 2} active' in r.stdout, r.stderr + r.stdout)
    for _ in range(10):  # a handle of one server opens at the other, at once
        crossed += [opens(other, handles(auditor)[0]), opens(auditor, handles(other)[0])]
time.sleep(1)
stop.set()
for w in workers:
    w.join()
kinds = {k: sorted({s for n, s in answers if n == k}) for k, _ in answers}
check(f'{len(answers)} requests meanwhile, all answered', all(v == [200] for v in kinds.values()) and len(answers) > 100, kinds)
check('and from server to server', set(crossed) == {200}, crossed)
check('sessions last', auditor.get('/api/v1/session')[0] == 200 and police.get('/api/v1/session')[0] == 200)
check('old handles open', all(opens(auditor, k) == 200 for k in first[:20]))
check('new ones are of the new generation', handles(auditor)[0].startswith('~4.'))
for _ in range(100):
    sealed = place.sql("select totp from shuzhi.staff where login = 'accounts'")
    if sealed.startswith('4.'):
        break
    time.sleep(0.1)
check('second factors are sealed again', sealed.startswith('4.') and sign_in(secret)[0] == 200, sealed)
check('key list tells', re.search(r'1 old .*seals 0.*\n.*\n.*\n4 active .*seals 1 ', place.run('key', 'list').stdout), place.run('key', 'list').stdout)

# A generation made beforehand, for files that are copied to several machines.
r = place.run('key', 'new')
check('a generation may wait', r.stdout == 'generation 5 waiting\n' and handles(auditor)[0].startswith('~4.'), r.stdout + r.stderr)
check('and is the one that is rotated to', 'generation 5 active' in place.run('key', 'rotate').stdout)
place.server.send_signal(signal.SIGHUP)
check('SIGHUP: it is taken up and nothing ends', handles(auditor)[0].startswith('~5.'))

# --- old generations go ---
r = place.run('key', 'retire', '5', '--now')
check('the active generation stays', r.returncode == 5 and 'CONFLICT' not in r.stderr, r.stderr)
check('not before servers had time to follow', place.run('key', 'retire', '1').returncode == 7)
place.sql("update shuzhi.staff set totp_waiting = '2.AAAA' where login = 'police'")
r = place.run('key', 'retire', '2', '--now')
check('not while something is sealed with it', r.returncode == 5 and '1 second factors' in r.stderr, r.stderr)
place.sql("update shuzhi.staff set totp_waiting = null where login = 'police'")
for n in (1, 2):
    r = place.run('key', 'retire', n, '--now')
    check(f'generation {n} goes', r.returncode == 0, r.stderr)
check('its key is in no file', len(re.findall('generation', ring.read_text())) == 3)
time.sleep(1.2)
check('what it named is not found any more', opens(auditor, first[0]) == 404)
check('what others named is', opens(auditor, handles(auditor)[0]) == 200 and sign_in(secret)[0] == 200)
check('a number that is none', [place.run('key', 'retire', x, '--now').returncode for x in ('x', '99', '-1')] == [2, 4, 2])

# --- files that are wrong ---
good = ring.read_text()
fresh = handles(auditor)[0]


def swap(text, mode=0o600):
    beside = ring.with_suffix('.new')
    beside.write_text(text)
    beside.chmod(mode)
    beside.rename(ring)


def bad(name, text, mode=0o600):
    swap(text, mode)
    time.sleep(1.2)
    held = opens(auditor, fresh) == 200 and handles(auditor)[0] == fresh
    r = place.run('serve', '--port', '0', timeout=60)
    check(f'{name}: a running server goes on with what it read', held)
    check(f'{name}: no server starts with it, and says why', r.returncode in (2, 5) and 'key ring' in r.stderr, r.stderr)
    check(f'{name}: no key in what it says', not any(k in r.stderr for k in re.findall('[0-9a-f]{64}', text)))
    swap(good)


bad('open to others', good, 0o640)
bad('cut off', good[:-30])
bad('no text', '\0' * 50)
bad('empty', '')
bad('two active', good.replace(' old ', ' active '))
bad('of another county', re.sub(r'[0-9a-f]{64}', lambda m: m[0][::-1], good))
bad('a generation is missing', re.sub(r'generation 4.*\n', '', good))
ring.rename(ring.with_suffix('.away'))
r = place.run('serve', '--port', '0', timeout=60)
check('a lost ring is not made anew', r.returncode == 4 and 'copy the file' in r.stderr and not ring.exists(), r.stderr)
r = place.run('key', 'new')
check('nor by the command', r.returncode == 4 and not ring.exists(), r.stderr)
check('a running server goes on without the file', opens(auditor, fresh) == 200)
ring.with_suffix('.away').rename(ring)
time.sleep(1.2)
check('the log told of it, without a key', 'the key ring cannot be followed' in place.server_log() and not any(k in place.server_log() for k in re.findall('[0-9a-f]{64}', good)))
for name, path in [('a number too large', '~99999999999999999999.AAAA'), ('a generation that is none', '~77.' + fresh.split('.')[1]), ('an empty seal', '~5.'), ('generation 0', '~0.' + fresh.split('.')[1]),
                   ('two dots', fresh + '.A'), ('no seal at all', '~.')]:
    check(f'{name}: not found', opens(auditor, path) == 404)

# --- an old database, with its keys inside ---
place.stop_server()
second_server.send_signal(signal.SIGINT)
second_server.wait()


def openssl(args, data):
    return subprocess.run(['openssl', *args], input=data, check=True, stdout=subprocess.PIPE).stdout


def old_seal(key, label, text):
    """As base/cipher.h says, with openssl's own programs."""
    mac = openssl(['dgst', '-sm3', '-mac', 'HMAC', '-macopt', f'hexkey:{key[:32]}', '-binary'], label.encode() + b'\0' + text)[:16]
    body = openssl(['enc', '-sm4-ctr', '-K', key[32:], '-iv', mac.hex()], text)
    return base64.urlsafe_b64encode(mac + body).decode().rstrip('=')


inside = {'record-handle': 'ab' * 32, 'second-factor': '12' * 32}
for name, key in inside.items():
    place.sql(f"insert into shuzhi.secret (name, value) values ('{name}', '{key}')")
place.sql(f"update shuzhi.staff set totp = '{old_seal(inside['second-factor'], 'accounts', base64.b32decode(secret))}' where login = 'accounts'")
key_of = place.sql('select id_number from data.person order by 1 limit 1')
old_handle = '~.' + old_seal(inside['record-handle'], 'person', key_of.encode())
place.serve()
auditor = place.client('auditor')
check('its handles open', opens(auditor, old_handle) == 200)
check('its second factors hold', sign_in(secret)[0] == 200)
for _ in range(100):
    if place.sql("select totp like '5.%' from shuzhi.staff where login = 'accounts'") == 't':
        break
    time.sleep(0.1)
check('and are sealed with the ring', place.sql("select totp like '5.%' from shuzhi.staff where login = 'accounts'") == 't')
r = place.run('key', 'move')
check('a command takes the keys out', r.returncode == 0 and 'out of the database: 2 keys' in r.stdout and place.sql('select count(*) from shuzhi.secret') == '0', r.stdout + r.stderr)
time.sleep(1.2)
check('what they sealed opens still', opens(auditor, old_handle) == 200 and sign_in(secret)[0] == 200)
check('moved twice: nothing is left to do', place.run('key', 'move').returncode == 0 and opens(auditor, old_handle) == 200)
check('until they are retired', place.run('key', 'retire', '0', '--now').returncode == 0)
place.stop_server()
place.serve()
auditor = place.client('auditor')
check('then it does not', opens(auditor, old_handle) == 404 and sign_in(secret)[0] == 200)

# --- a token ---
module = '/usr/lib/softhsm/libsofthsm2.so'
if not shutil.which('softhsm2-util') or not os.path.exists(module):
    skip('PKCS #11', 'softhsm2 is not installed')
    end()
tokens = pathlib.Path(place.folder) / 'tokens'
tokens.mkdir()
(tokens.parent / 'softhsm.conf').write_text(f'directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n')
place.env['SOFTHSM2_CONF'] = str(tokens.parent / 'softhsm.conf')
subprocess.run(['softhsm2-util', '--init-token', '--free', '--label', 'county', '--so-pin', '87654321', '--pin', '4711-2026'],
               check=True, env=place.env, stdout=subprocess.DEVNULL)
pin = tokens.parent / 'pin'
pin.write_text('4711-2026\n')
pin.chmod(0o600)
uri = f'pkcs11:token=county;object=ring?module-path={module}&pin-source=file:{pin}'
before = handles(auditor)[0]
place.stop_server()
for name, wrong, words in [('no module', 'pkcs11:token=county;object=ring', 'module-path'), ('no PIN file', f'pkcs11:token=county;object=ring?module-path={module}', 'pin-source'),
                           ('a PIN in the URI', uri + '&pin-value=4711-2026', 'pin-value'), ('no such token', uri.replace('county', 'town'), 'no slot'),
                           ('a module that is none', uri.replace(module, '/etc/hostname'), 'cannot be loaded'), ('no URI', 'token=county', 'RFC 7512')]:
    r = place.run('key', 'new', '--token', wrong)
    check(f'token, {name}: refused with words', r.returncode in (2, 7) and words in r.stderr and '4711' not in r.stderr, r.stderr)
masters = set(re.findall(r' ([0-9a-f]{64})\n', ring.read_text()))
r = place.run('key', 'new', '--token', uri)
check('the ring is wrapped by a key of the token', r.returncode == 0 and 'token ' + uri in ring.read_text(), r.stderr)
check('no master stands in the file any more', masters and not any(m in ring.read_text() for m in masters) and not re.search(r' [0-9a-f]{64}\n', ring.read_text()))
place.serve()
auditor = place.client('auditor')
check('a server works with it', opens(auditor, before) == 200 and sign_in(secret)[0] == 200)
check('and follows a rotation', place.run('key', 'rotate').returncode == 0 and opens(auditor, before) == 200)
time.sleep(1)
check('with new handles', int(handles(auditor)[0].split('.')[0][1:]) > int(before.split('.')[0][1:]))
place.stop_server()
pin.write_text('0000\n')
r = place.run('serve', '--port', '0', timeout=60)
check('a wrong PIN: no server, and words', r.returncode == 7 and 'signing in to the token' in r.stderr and '0000' not in r.stderr, r.stderr)
pin.write_text('4711-2026\n')
pin.chmod(0o644)
r = place.run('key', 'list')
check('a PIN file open to others is refused', r.returncode == 2 and 'chmod 600' in r.stderr, r.stderr)
pin.chmod(0o600)
text = ring.read_text()
swap(re.sub(r'(.)\n$', lambda m: ('0' if m[1] != '0' else '1') + '\n', text))
r = place.run('key', 'list')
check('an altered wrapping is found', r.returncode == 5 and 'altered' in r.stderr, r.stderr)
swap(text)
check('and the right one serves', 'active' in place.run('key', 'list').stdout)
end()
