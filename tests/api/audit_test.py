#!/usr/bin/env python3
"""The audit's seals, checkpoints and exports; every way to falsify them, by the owner of the tables."""
import re
from harness import *

place = Place().serve()
police, auditor, civil = (place.client(x) for x in ('police', 'auditor', 'civil'))
police.load('person', persons(0, 20))
keys = [person_row(n).split(',')[0] for n in range(20)]
VAR = place.folder + '/var/'


def looks(n):
    for i in range(n):
        assert police.get(f'/api/v1/datasets/person/records?limit={i % 20 + 1}')[0] == 200


def seal():
    r = place.run('audit', 'seal')
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


def export(*more, name='audit.jsonl'):
    r = place.run('audit', 'export', *more, '--out', name)
    assert r.returncode == 0, r.stderr
    return json.loads(r.stdout)


def verify(*more, name='audit.jsonl'):
    r = place.run('verify', *more, name)
    return r.returncode, (r.stdout + r.stderr).strip()


looks(5)
for _ in range(200):
    if place.sql('select count(*) from shuzhi.audit_seal') != '0':
        break
    time.sleep(0.05)
check('the server seals by itself', place.sql('select count(*) from shuzhi.audit_seal') != '0')
place.stop_server()
key = VAR + 'audit-key.pem'
check('the key is a file for its owner alone, outside the database', os.stat(key).st_mode & 0o777 == 0o600)
got = seal()
for i in range(3):  # three more checkpoints
    place.serve()
    police, auditor, civil = (place.client(x) for x in ('police', 'auditor', 'civil'))
    looks(6)
    place.stop_server()
    got = seal()
place.sql("insert into shuzhi.audit_batch (entries) select string_agg(format('{\"at\":\"2026-01-01T00:00:00.000Z\",\"who\":\"p%s\","
          "\"via\":\"share\",\"action\":\"share.read\",\"key\":\"%s\",\"result\":\"ok\"}', i, i), E'\\n' order by i) || E'\\n' from generate_series(1, 9) i")
got = seal()
check('everything is sealed and signed', got['checkpoint'] >= 4 and place.sql(
    'select count(*) from shuzhi.audit_batch b full join shuzhi.audit_seal s on s.batch = b.id where s.batch is null or b.id is null') == '0', got)
open(place.folder + '/public.pem', 'w').write(place.run('audit', 'key').stdout)
check('the public key is shown, the private is not', 'PUBLIC' in open(place.folder + '/public.pem').read()
      and 'PRIVATE' not in open(place.folder + '/public.pem').read())
shutil.copy(key + '.checkpoint', place.folder + '/kept.json')
before = int(place.sql('select max(id) from shuzhi.audit_batch'))
done = export()
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json')
check('an export verifies, offline', code == 0 and 'the key given' in said, said)
check('exporting is audited', place.sql(f"select entries from shuzhi.audit_batch where id > {before}").count('audit.export') == 1)
check('the tail that is not sealed yet is told', '1 not sealed yet' in said, said)
code, said = verify()
check('without a key of ours it says so', code == 0 and 'give --key' in said, said)
env = dict(place.env, SHUZHI_DATABASE_URL='host=/nowhere')
check('no database is asked', subprocess.run([BINARY, 'verify', 'audit.jsonl'], cwd=place.folder, env=env, stdout=subprocess.DEVNULL).returncode == 0)
text = open(place.folder + '/audit.jsonl').read()
check('the export holds no private key', 'PRIVATE' not in text)

# A single record: a short proof.
batch = int(place.sql("select id from shuzhi.audit_batch where entries like '%\"who\":\"p9\"%'"))
r = place.run('verify', '--key', 'public.pem', '--prove', f'{batch}-6', 'audit.jsonl')
open(place.folder + '/proof.json', 'w').write(r.stdout)
code, said = verify('--key', 'public.pem', '--proof', name='proof.json')
check('one record is proven', r.returncode == 0 and code == 0 and '"who":"p7"' in said and f'{batch}-6' in said, r.stderr + said)
proof = json.loads(r.stdout)
for name, change in [('record', proof | {'record': proof['record'].replace('p7', 'p8')}), ('batch', proof | {'batch': batch - 1}),
                     ('time', proof | {'at_us': proof['at_us'] + 1}), ('place', proof | {'in_batch': proof['in_batch'] | {'index': 5}}),
                     ('path', proof | {'in_batch': proof['in_batch'] | {'path': proof['in_batch']['path'][1:]}}),
                     ('size', proof | {'in_batch': proof['in_batch'] | {'of': 8}}),
                     ('checkpoint', proof | {'checkpoint': proof['checkpoint'].replace('"lines":', '"lines":1')}),
                     ('signature', proof | {'signature': 'A' * 86})]:
    open(place.folder + '/bad.json', 'w').write(json.dumps(change))
    code, said = verify('--key', 'public.pem', '--proof', name='bad.json')
    check(f'a proof with another {name} proves nothing', code == 5, said)
for name, record, want in [('of a batch that is not there', f'{batch + 1000}-0', 4), ('of a line that is not there', f'{batch}-9', 4),
                           ('not signed yet', f'{batch + 1}-0', 5), ('without a number', 'x', 2)]:
    check(f'no proof {name}', place.run('verify', '--prove', record, 'audit.jsonl').returncode == want)

# The owner of the tables changes what was recorded, in a transaction that is rolled back after the export.
place.sql('create table public.kept_batch as table shuzhi.audit_batch; create table public.kept_seal as table shuzhi.audit_seal;'
          'create table public.kept_checkpoint as table shuzhi.audit_checkpoint')
MIDDLE = int(place.sql('select upto from shuzhi.audit_checkpoint where number = 2')) + 2
LAST = int(place.sql('select max(number) from shuzhi.audit_checkpoint'))
try:
    place.sql('update shuzhi.audit_batch set entries = entries')
    check('the tables refuse changes', False)
except RuntimeError as e:
    check('the tables refuse changes', 'append-only' in str(e))
PARTS = place.sql("select string_agg(inhrelid::regclass::text, ' ') from pg_inherits where inhparent = 'shuzhi.audit_batch'::regclass").split()
check('batches stand in parts of a month', len(PARTS) == 4 and place.sql('select count(*) from shuzhi.audit_batch_default') == '0', PARTS)
for part in PARTS:
    try:
        place.sql(f'delete from {part}')
        check(f'{part} refuses changes', False)
    except RuntimeError as e:
        check(f'{part} refuses changes', 'append-only' in str(e))
OFF = ''.join(f'alter table {t} disable trigger all;' for t in ['shuzhi.audit_batch', 'shuzhi.audit_seal', 'shuzhi.audit_checkpoint'] + PARTS)
BACK = OFF + ('truncate shuzhi.audit_batch, shuzhi.audit_seal, shuzhi.audit_checkpoint;'
              'insert into shuzhi.audit_batch overriding system value table public.kept_batch;'
              'insert into shuzhi.audit_seal table public.kept_seal; insert into shuzhi.audit_checkpoint table public.kept_checkpoint')


def attack(name, sql, *want, more=()):
    place.sql(OFF + sql)
    export(name='attacked.jsonl')
    place.sql(BACK)
    code, said = verify('--key', 'public.pem', *more, name='attacked.jsonl')
    check(f'{name} is found and named', code == 5 and all(w in said for w in want), f'{code} {said}')


line = f'update shuzhi.audit_batch set entries = %s where id = {batch}'
part = lambda a, b: f"array_to_string((string_to_array(entries, E'\\n'))[{a}:{b}], E'\\n')"
attack('an altered record', line % "replace(entries, '\"p4\"', '\"nobody\"')", f'record {batch}-3: altered')
attack('a removed record', line % f"{part(1, 3)} || E'\\n' || {part(5, 99)}", f'record {batch}-3: removed')
attack('an inserted record', line % f"{part(1, 3)} || E'\\n' || '{{\"at\":\"x\"}}' || E'\\n' || {part(4, 99)}", f'record {batch}-3: inserted')
attack('an inserted record of another form', line % f"{part(1, 3)} || E'\\nforeign\\n' || {part(4, 99)}", f'record {batch}-3: inserted')
attack('an inserted blank line', line % f"{part(1, 3)} || E'\\n\\n' || {part(4, 99)}", 'blank lines')
attack('reordered records', line % f"{part(1, 3)} || E'\\n' || {part(5, 5)} || E'\\n' || {part(4, 4)} || E'\\n' || {part(6, 99)}", f'record {batch}-3: reordered')
attack('the last record cut off', line % f"{part(1, 8)} || E'\\n'", f'record {batch}-8: removed')
attack('an altered time', f"update shuzhi.audit_batch set at = at - interval '1 hour' where id = {MIDDLE}", f'batch {MIDDLE}: its time')
attack('a removed batch', f'delete from shuzhi.audit_batch where id = {MIDDLE}', f'batch {MIDDLE}: removed')
attack('a batch removed with its seal', f'delete from shuzhi.audit_batch where id = {MIDDLE}; delete from shuzhi.audit_seal where batch = {MIDDLE}',
       f'batch {MIDDLE + 1}: its seal does not follow from batch {MIDDLE - 1}')
attack('an inserted batch', f"delete from shuzhi.audit_batch where id = {MIDDLE}; delete from shuzhi.audit_seal where batch = {MIDDLE};"
       f"insert into shuzhi.audit_batch overriding system value values ({MIDDLE}, now(), E'{{\"at\":\"x\"}}\\n')", f'batch {MIDDLE}: inserted')
attack('batches that changed places', f'update shuzhi.audit_batch b set at = o.at, entries = o.entries from public.kept_batch o'
       f' where b.id in ({MIDDLE}, {MIDDLE + 1}) and o.id = {2 * MIDDLE + 1} - b.id', f'{MIDDLE}')
attack('an altered seal', f"update shuzhi.audit_seal set root = '\\x{'00' * 32}' where batch = {MIDDLE}", f'batch {MIDDLE}: its seal was altered')
attack('a seal that is none', f"update shuzhi.audit_seal set marks = '\\x01' where batch = {MIDDLE}", f'batch {MIDDLE}: its seal')
attack('a removed checkpoint', 'delete from shuzhi.audit_checkpoint where number = 2', 'checkpoint 2: removed')
attack('an altered checkpoint', "update shuzhi.audit_checkpoint set body = replace(body, '\"back_us\":0', '\"back_us\":1') where number = 2", 'checkpoint 2', 'signature')
attack('a missing signature', "update shuzhi.audit_checkpoint set signature = '' where number = 2", 'checkpoint 2', 'signature')
upto = place.sql(f'select upto from shuzhi.audit_checkpoint where number = {LAST - 1}')
cut = f'delete from shuzhi.audit_batch where id > {upto}; delete from shuzhi.audit_seal where batch > {upto};'
attack('the tail cut off before its checkpoint', cut, f'checkpoint {LAST} signed')
attack('the tail cut off with its checkpoint', cut + f'delete from shuzhi.audit_checkpoint where number = {LAST}', f'checkpoint {LAST}',
       'the tail is cut off', more=('--checkpoint', 'kept.json'))
attack('the last checkpoint removed', f'delete from shuzhi.audit_checkpoint where number = {LAST}', 'the tail is cut off', more=('--checkpoint', 'kept.json'))

# Everything after the first checkpoint sealed again, consistently: without the key no signature fits ...
first = place.sql('select upto from shuzhi.audit_checkpoint where number = 1')
again = (f"update shuzhi.audit_batch set entries = replace(entries, '\"p4\"', '\"nobody\"') where id = {batch};"
         f'delete from shuzhi.audit_seal where batch > {first}; delete from shuzhi.audit_checkpoint where number > 1;')
other = dict(place.env, SHUZHI_AUDIT_KEY=place.folder + '/other.pem')
place.sql(OFF + again)
r = subprocess.run([BINARY, 'audit', 'seal'], cwd=place.folder, env=other, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
export(name='attacked.jsonl')
code, said = verify(name='attacked.jsonl')
check('a history sealed again by another key fits in itself', code == 0 and 'stands in the file itself' in said, said)
code, said = verify('--key', 'public.pem', name='attacked.jsonl')
check('... but not with the key that is published', code == 5 and 'checkpoint 2: its signature' in said, said)
place.sql(BACK)
# ... seals rewritten under the signed checkpoints ...
place.sql(OFF + again)
os.unlink(place.folder + '/other.pem.checkpoint')
subprocess.run([BINARY, 'audit', 'seal'], cwd=place.folder, env=other, stdout=subprocess.PIPE)
place.sql('delete from shuzhi.audit_checkpoint where number > 1; insert into shuzhi.audit_checkpoint select * from public.kept_checkpoint where number > 1')
export(name='attacked.jsonl')
code, said = verify('--key', 'public.pem', name='attacked.jsonl')
check('seals rewritten under signed checkpoints are found', code == 5 and f'checkpoint {LAST}: batches' in said, said)
# ... and with the key: the checkpoint kept elsewhere.
place.sql(BACK)
place.sql(OFF + again)
os.rename(key + '.checkpoint', key + '.aside')
seal()
os.rename(key + '.aside', key + '.checkpoint')
export(name='attacked.jsonl')
for _ in range(LAST):
    place.sql("insert into shuzhi.audit_batch (entries) values (E'{\"at\":\"x\"}\\n')")
code, said = verify('--key', 'public.pem', name='attacked.jsonl')
check('a history rewritten with the key itself verifies', code == 0, said)
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json', name='attacked.jsonl')
check('... and is found by a checkpoint kept elsewhere', code == 5, said)
r = place.run('audit', 'seal')
check('the sealer refuses a database that lost its checkpoint', r.returncode == 5 and 'older copy' in r.stderr, r.stderr)
place.sql(BACK)

# The file itself.
lines = text.splitlines(keepends=True)
entry = next(i for i, l in enumerate(lines) if '"p4"' in l)


def file(name, changed, *want, code=5):
    open(place.folder + '/changed.jsonl', 'w', newline='').write(''.join(changed))
    got, said = verify('--key', 'public.pem', name='changed.jsonl')
    check(f'the file: {name}', got == code and all(w in said for w in want), f'{got} {said}')


file('a record altered', lines[:entry] + [lines[entry].replace('p4', 'p5')] + lines[entry + 1:], f'record {batch}-3: altered')
file('a record removed', lines[:entry] + lines[entry + 1:], f'record {batch}-3: removed')
file('cut off', lines[:entry], f'record {batch}-3: removed')
file('without its end', lines[:-1], 'the file is cut off')
file('more after the end', lines + ['{"batch":999999,"at":1}\n'], 'after the end')
file('other ends of lines', [l.replace('\n', '\r\n') for l in lines], 'another end of line')
file('empty', [], 'empty', code=2)
file('another file', ['{"a":1}\n'], 'no audit export', code=2)
file('a workbook', ['PK\x03\x04\n'], 'no audit export', code=2)
file('a depth that is too deep', lines[:1] + ['[' * 100000 + '\n'], code=2)
file('a line that is too long', lines[:entry] + ['x' * (65 << 20) + '\n'], code=6)

# A clock set back: time in the chain does not, and it is told.
place.sql("insert into shuzhi.audit_batch (at, entries) values (now() - interval '2 hours', E'{\"at\":\"x\"}\\n')")
got = seal()
export()
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json')
times = place.sql("select bool_and(at >= before) from (select at, lag(at, 1, at) over (order by number) as before from shuzhi.audit_checkpoint) t")
check('a clock set back is told', code == 0 and 'clock: set back by 7' in said and times == 't', said)

# Identities are given before commit: what is still under way is not passed by.
slow = subprocess.Popen(['psql', place.env['SHUZHI_DATABASE_URL'], '-qAtX'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
slow.stdin.write("begin; insert into shuzhi.audit_batch (entries) values (E'{\"at\":\"slow\"}\\n') returning id;\n")
slow.stdin.flush()
late = int(slow.stdout.readline())
place.sql("insert into shuzhi.audit_batch (entries) values (E'{\"at\":\"fast\"}\\n')")
process = subprocess.Popen([BINARY, 'audit', 'seal'], cwd=place.folder, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
time.sleep(0.7)
check('a later batch waits for an earlier one', place.sql(f'select count(*) from shuzhi.audit_seal where batch >= {late}') == '0')
slow.communicate('commit;\n')
out, why = process.communicate(timeout=60)
check('... and both are sealed, in order', process.returncode == 0 and place.sql(f'select count(*) from shuzhi.audit_seal where batch >= {late}') == '2', why)

# A part, between days.
place.sql(OFF + "update shuzhi.audit_checkpoint set at = at - interval '3 days' where number <= 2; alter table shuzhi.audit_checkpoint enable trigger all")
day = place.sql("select (now() at time zone 'Asia/Shanghai')::date - 1")
done = export('--from', day, name='part.jsonl')
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json', name='part.jsonl')
check('a part of the days verifies', code == 0 and int(place.sql('select count(*) from shuzhi.audit_batch')) > done['batches'], said)
done = export('--to', day, name='part.jsonl')
check('... also one that ends early', verify('--key', 'public.pem', name='part.jsonl')[0] == 0, done)
check('days that are none are refused', place.run('audit', 'export', '--from', '2026-02-30', '--out', 'x').returncode == 2
      and place.run('audit', 'export', '--from', '2026-02-03', '--to', '2026-02-01', '--out', 'x').returncode == 2
      and not os.path.exists(place.folder + '/x'))

# Over HTTP, for an auditor.
place.sql(BACK)
shutil.copy(place.folder + '/kept.json', key + '.checkpoint')
place.serve()
auditor, police = place.client('auditor'), place.client('police')
looks(2)
seal()
status, state = auditor.get('/api/v1/audit/state')
check('an auditor sees how far it is sealed and signed', status == 200 and state['checkpoint'] > LAST and state['unsealed'] <= 2
      and state['may_export'] and state['public_key'] == open(place.folder + '/public.pem').read(), state)
status, got = auditor.get('/api/v1/audit/export')
open(place.folder + '/http.jsonl', 'w').write(got)
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json', name='http.jsonl')
check('an export over HTTP verifies', status == 200 and code == 0 and auditor.headers['Content-Disposition'].startswith('attachment'), said)
status, got = auditor.get(f'/api/v1/audit/proof?record={batch}-6')
open(place.folder + '/http.json', 'w').write(json.dumps(got))
code, said = verify('--key', 'public.pem', '--proof', name='http.json')
check('a proof over HTTP is one', status == 200 and code == 0 and '"who":"p7"' in said, said)
for name, path, want in [('a day that is none', 'export?from=2026-13-01', 400), ('a record that is none', 'proof?record=x', 400),
                         ('SQL for a record', 'proof?record=1%20or%201=1-0', 400), ('a line that is not there', f'proof?record={batch}-99', 404),
                         ('a batch too large', 'proof?record=99999999999999999999-0', 400), ('one not signed yet', 'proof?record=999999999-0', 503)]:
    status, got = auditor.get('/api/v1/audit/' + path)
    check(f'{name} is refused', status == want and got.get('title'), got)
check('who may not read all of it gets no export and no proof', police.get('/api/v1/audit/export')[0] == 403
      and police.get(f'/api/v1/audit/proof?record={batch}-6')[0] == 403 and place.client().get('/api/v1/audit/export')[0] == 401)
events = auditor.get('/api/v1/audit?limit=200')[1]['events']
check('exports, proofs and refusals are audited', {('audit.export', 'ok'), ('audit.export', 'denied'), ('audit.proof', 'ok')} <=
      {(e['action'], e['result']) for e in events}, {(e['action'], e['result']) for e in events})
place.stop_server()

# Old months leave.
old = place.sql("select (date_trunc('month', now() at time zone 'Asia/Shanghai') - interval '8 months')::date")
after = place.sql(f"select (date '{old}' + interval '1 month')::date")
month = old[:7].replace('-', '')
place.sql(f"select shuzhi.audit_part('{old}')")
place.sql(f"insert into shuzhi.audit_batch (at, entries) select date '{old}' + 3, E'{{\"at\":\"{old}T00:00:00.000Z\",\"who\":\"long-ago\",\"via\":\"share\",\"action\":\"share.read\",\"result\":\"ok\"}}\\n' from generate_series(1, 5)")
place.sql('select shuzhi.audit_unfold()')
archive = lambda before, out: place.run('audit', 'archive', '--before', before, '--out', out)
there = lambda: place.sql(f"select count(*) from pg_class where relname in ('audit_batch_{month}', 'audit_event_{month}')") == '2'
check('what is not signed yet is not archived', archive(after, 'old.jsonl').returncode == 5 and there() and not os.path.exists(place.folder + '/old.jsonl'))
seal()
young = place.sql("select (date_trunc('month', now() at time zone 'Asia/Shanghai') - interval '5 months')::date")
check('six months stay', archive(young, 'old.jsonl').returncode == 2)
check('days that begin no month are refused', archive(after[:8] + '02', 'old.jsonl').returncode == 2 and archive('x', 'old.jsonl').returncode == 2)
check('months that are not there are told', archive('2001-01-01', 'old.jsonl').returncode == 4)
victim = place.sql(f'select min(id) from shuzhi.audit_batch_{month}')
place.sql(f"alter table shuzhi.audit_batch_{month} disable trigger all; update shuzhi.audit_batch_{month} set entries = replace(entries, 'long', 'lang') where id = {victim}")
r = archive(after, 'old.jsonl')
check('what does not verify is not archived', r.returncode == 5 and f'record {victim}-0: altered' in r.stderr and there(), r.stderr)
place.sql(f"update shuzhi.audit_batch_{month} set entries = replace(entries, 'lang', 'long') where id = {victim}")
r = archive(after, 'old.jsonl')
check('an old month is archived and dropped', r.returncode == 0 and json.loads(r.stdout)['months'] == 1 and not there(), r.stdout + r.stderr)
check('... its file verifies and holds it', verify('--key', 'public.pem', '--checkpoint', 'kept.json', name='old.jsonl')[0] == 0
      and open(place.folder + '/old.jsonl').read().count('long-ago') == 5)
check('... and its digest is kept', place.sql('select digest from shuzhi.audit_archive') != ''
      and len(place.sql("select digest from shuzhi.audit_archive")) == 64)
check('a file that is there is not written over', archive(after, 'old.jsonl').returncode == 5)
place.sql("insert into shuzhi.audit_batch (entries) values (E'{\"at\":\"later\"}\\n')")
seal()
shutil.copy(key + '.checkpoint', place.folder + '/newest.json')
export(name='rest.jsonl')
code, said = verify('--key', 'public.pem', '--checkpoint', 'newest.json', name='rest.jsonl')
check('what is left is exported from there on, and verifies', code == 0, said)
code, said = verify('--key', 'public.pem', '--checkpoint', 'kept.json', name='rest.jsonl')
check('a checkpoint of the archive is told apart from a lost one', code == 2 and 'export' in said, said)

# A database that was there before the months were.
place.sql('create database grown')
grown = re.sub(r"dbname='?\w+'?", 'dbname=grown', place.env['SHUZHI_DATABASE_URL'])
files = sorted((ROOT / 'src/store').glob('*.sql'))
upto = [f.name for f in files].index('201_audit_parts.sql')
psql = lambda *a: subprocess.run(['psql', grown, '-qAtX', '-v', 'ON_ERROR_STOP=1', *a], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
psql('-c', 'create schema shuzhi')
made = [psql('-f', str(f)) for f in files[:upto]]
psql('-c', "insert into shuzhi.audit_batch (entries) select E'{\"at\":\"2026-01-01T00:00:00Z\",\"who\":\"a\",\"via\":\"desk\",\"action\":\"x\",\"result\":\"ok\"}\\n' from generate_series(1, 7)")
psql('-c', 'select shuzhi.audit_unfold()')
got = psql('-f', str(files[upto]))
after = psql('-c', "insert into shuzhi.audit_batch (entries) values ('x') returning id").stdout.strip()
check('a database with an audit keeps it in one part', all(m.returncode == 0 for m in made) and got.returncode == 0 and after == '8'
      and psql('-c', 'select count(*) from shuzhi.audit_event').stdout.strip() == '7'
      and psql('-c', 'delete from shuzhi.audit_batch_' + time.strftime('%Y%m')).returncode != 0, str([m.stdout for m in made if m.returncode]) + got.stdout + after)
os.chmod(key, 0o644)
check('a key that others may read is refused', place.run('audit', 'seal').returncode == 2)
end()
