#!/usr/bin/env python3
"""The audit's signing key given over to another: verified from either, forged in every way."""
import base64, re
from harness import *

place = Place().serve()
police = place.client('police')
police.load('person', persons(0, 20))
at = pathlib.Path(place.folder)
key = at / 'var/audit-key.pem'


def looks(n):
    for i in range(n):
        assert police.get(f'/api/v1/datasets/person/records?limit={i % 20 + 1}')[0] == 200


def sealed(after=0):
    """Waits for the server's own sealer to seal everything, then signs it."""
    for _ in range(200):
        if place.sql('select count(*) from shuzhi.audit_batch b left join shuzhi.audit_seal s on s.batch = b.id where s.batch is null') == '0':
            break
        time.sleep(0.05)
    for _ in range(50):
        r = place.run('audit', 'seal')
        if r.returncode != 7:
            break
        time.sleep(0.1)
    return r


def public(name):
    (at / name).write_text(place.run('audit', 'key').stdout)


def verify(*more, name='audit.jsonl'):
    r = place.run('verify', *more, name)
    return r.returncode, (r.stdout + r.stderr).strip()


def rotate():
    r = place.run('audit', 'rotate')
    check('the key is given over', r.returncode == 0 and 'follows' in r.stdout, r.stderr)
    check('the new one is for its owner alone, and no other lies about', key.stat().st_mode & 0o777 == 0o600 and not list(at.glob('var/*.next')))


looks(3)
sealed()
public('first.pem')
old_key = key.read_bytes()
rotate()
public('second.pem')
check('it is another', (at / 'first.pem').read_text() != (at / 'second.pem').read_text())
before = int(place.sql('select max(number) from shuzhi.audit_checkpoint'))
looks(3)
r = sealed()
check('the running server seals on, with the new one', r.returncode == 0 and place.sql(
    f"select count(distinct body::json->>'key') from shuzhi.audit_checkpoint where number > {before}") == '1', r.stderr)
rotate()
public('third.pem')
looks(3)
sealed()
check('nothing was logged that a minute would not mend', place.server_log().count('the audit cannot be sealed') <= 1, place.server_log()[-500:])
r = place.run('audit', 'export', '--out', 'audit.jsonl')
text = (at / 'audit.jsonl').read_text()
used = re.findall(r'\\"key\\":\\"(.{43})\\"', text)
check('three keys signed', len(set(used)) == 3 and text.count('{"succession":') == 2, used)
for name in ('first', 'second', 'third'):
    code, said = verify('--key', name + '.pem')
    check(f'whoever trusts the {name} key follows to the others', code == 0, said)
check('and without a key of ours', verify()[0] == 0)
kept = at / 'kept.json'
shutil.copy(str(key) + '.checkpoint', kept)
check('a checkpoint kept elsewhere still compares', verify('--key', 'first.pem', '--checkpoint', 'kept.json')[0] == 0)
subprocess.run(['openssl', 'genpkey', '-algorithm', 'SM2', '-out', at / 'foe.pem'], check=True)
subprocess.run(['openssl', 'pkey', '-in', at / 'foe.pem', '-pubout', '-out', at / 'foe-public.pem'], check=True)
os.chmod(at / 'foe.pem', 0o600)
check('a stranger\'s key verifies nothing', verify('--key', 'foe-public.pem')[0] == 5)

# A record of the first key's time, proven to who trusts the last, and the other way about.
batches = [int(n) for n in re.findall(r'\{"batch":(\d+)', text)]
for name, batch in (('third', batches[0]), ('first', batches[-2])):
    r = place.run('verify', '--key', name + '.pem', '--prove', f'{batch}-0', 'audit.jsonl')
    (at / 'proof.json').write_text(r.stdout)
    for by in ('first', 'second', 'third'):
        check(f'the proof of batch {batch} convinces who trusts the {by} key', verify('--key', by + '.pem', '--proof', name='proof.json')[0] == 0, r.stderr)
    check('nobody else', verify('--key', 'foe-public.pem', '--proof', name='proof.json')[0] == 5)
    got = json.loads(r.stdout)
    got['successions'] = []
    (at / 'bare.json').write_text(json.dumps(got))
    check('without the changes of keys not', sorted(verify('--key', by + '.pem', '--proof', name='bare.json')[0] for by in ('first', 'second', 'third')) == [0, 5, 5])

# Forgeries.
lines = text.splitlines(keepends=True)
changes = [i for i, l in enumerate(lines) if l.startswith('{"succession":')]


def forged(name, changed, *want, key='first.pem'):
    (at / 'forged.jsonl').write_text(''.join(changed))
    code, said = verify('--key', key, name='forged.jsonl')
    check(f'{name}: found', code == 5 and all(w in said for w in want), (code, said))


forged('a change of keys removed', lines[:changes[0]] + lines[changes[0] + 1:], 'checkpoint')
forged('the last one removed', lines[:changes[1]] + lines[changes[1] + 1:], 'checkpoint')
forged('twice the same', lines[:changes[0] + 1] + lines[changes[0]:], 'two')
for part in ('after', 'at_us'):
    forged(f'another {part}', [re.sub(part + r'\\":(\d+)', lambda m: f'{part}\\":{int(m[1]) + 1}', l) if l.startswith('{"succession"') else l for l in lines], 'altered')


def flip(member):
    def one(m):
        return f'"{member}":"' + ('A' if m[1] != 'A' else 'B')
    return [re.sub(f'"{member}":"(.)', one, l) if i == changes[0] else l for i, l in enumerate(lines)]


for member in ('signature', 'acceptance'):
    forged(f'another {member}', flip(member), 'altered')


def sign(path, body):
    der = subprocess.run(['openssl', 'pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey', path, '-pkeyopt', 'distid:1234567812345678'],
                         input=body.encode(), stdout=subprocess.PIPE, check=True).stdout

    def number(b):  # DER INTEGER → 32 bytes, rest
        n = b[1]
        return int.from_bytes(b[2:2 + n], 'big').to_bytes(32, 'big'), b[2 + n:]
    r, rest = number(der[2:])
    return base64.urlsafe_b64encode(r + number(rest)[0]).decode().rstrip('=')


# A foe names themselves the successor: only their own signature is there, or stands for both.
change = json.loads(json.loads(lines[changes[0]])['succession'])
foe_pem = (at / 'foe-public.pem').read_text()
(at / 'first-key.pem').write_bytes(old_key)
change['to_key'] = foe_pem
body = json.dumps(change, separators=(',', ':'))
mine = sign(at / 'foe.pem', body)
entry = json.dumps({'succession': body, 'signature': mine, 'acceptance': mine}, separators=(',', ':')) + '\n'
forged('a successor that only a stranger signed', lines[:changes[0]] + [entry] + lines[changes[0] + 1:], 'both')
# Who stole the first key signs a checkpoint of today with it.
last = [i for i, l in enumerate(lines) if l.startswith('{"checkpoint":')][-1]
point = json.loads(lines[last])
body = json.loads(point['checkpoint'])
body['key'] = used[0]
text_of = json.dumps(body, separators=(',', ':'))
entry = json.dumps({'checkpoint': text_of, 'signature': sign(at / 'first-key.pem', text_of)}, separators=(',', ':')) + '\n'
for by in ('first.pem', 'third.pem'):
    forged(f'a checkpoint signed with the old key after its time, for {by}', lines[:last] + [entry] + lines[last + 1:], 'signature', key=by)
good = [i for i, l in enumerate(lines) if l.startswith('{"checkpoint":')][0]
first_point = json.loads(lines[good])
check('(its own checkpoints it may sign)', used[0] in first_point['checkpoint'])

# An old copy of the key file on a machine: nothing is sealed with it.
place.stop_server()
newest = key.read_bytes()
key.write_bytes(old_key)
r = place.run('audit', 'seal')
check('a key that was given over seals nothing', r.returncode == 5 and 'given over' in r.stderr, r.stderr)
r = place.run('audit', 'rotate')
check('nor is it given over twice', r.returncode == 5 and 'already' in r.stderr, r.stderr)
# Cut short after the database was told: the same command ends it.
for f in at.glob('var/*.next'):
    f.unlink()
key.write_bytes(newest)
r = place.run('audit', 'rotate')
check('it goes on from the newest', r.returncode == 0, r.stderr)
latest = key.read_bytes()
(at / 'var/audit-key.pem.next').write_bytes(latest)
os.chmod(at / 'var/audit-key.pem.next', 0o600)
key.write_bytes(newest)
r = place.run('audit', 'rotate')
check('a change that was cut short is ended by the same command', r.returncode == 0 and key.read_bytes() == latest and not list(at.glob('var/*.next')), r.stderr)
check('which the audit names', sealed().returncode == 0 and int(place.sql("select count(*) from shuzhi.audit_batch where entries like '%audit.rotate%'")) >= 4)
place.run('audit', 'export', '--out', 'audit.jsonl')
check('and all of it verifies from the first key on', verify('--key', 'first.pem')[0] == 0, verify('--key', 'first.pem'))
end()
