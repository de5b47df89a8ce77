#!/usr/bin/env python3
"""The worst moments: killed in mid-load, the database restarted, two loads at once, a full disk, bad files."""
import io, random, threading, zipfile
from harness import *

place = Place()
N = 60000
big = place.folder + '/big.csv'
with open(big, 'w') as f:
    f.write(PERSON_HEAD)
    for i in range(N):
        f.write(person_row(i) if i % 100 else person_row(i, 手机号码='12'))
GOOD = N - N // 100


def totals():
    return place.sql("select count(*), count(distinct id_number), (select records from shuzhi.dataset where id = 'person'),"
                     " (select count(*) from shuzhi.quarantine) from data.person").split('|')


def intake(*files, **kw):
    return subprocess.Popen([BINARY, 'intake', '--quiet', 'person', *files], cwd=place.folder, env=place.env, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, **kw)


# --- kill -9 at any point, then again ---
random.seed(7)
kills = 0
for attempt in range(6):
    p = intake(big)
    try:
        p.wait(timeout=random.uniform(0.05, 0.9))
    except subprocess.TimeoutExpired:
        p.send_signal(signal.SIGKILL)
        p.wait()
        kills += 1
time.sleep(0.3)
out = intake(big).communicate()[0]
check(f'killed {kills} times in mid-load, a re-run goes on', 'refused' in out, out)
check('nothing is lost or doubled', totals() == [str(GOOD), str(GOOD), str(GOOD), str(N // 100)], totals())
out = intake(big).communicate()[0]
check('and once more changes nothing', f'{N} unchanged' in out and 'nothing was changed' in out, out)

# --- two loads of one dataset at once ---
place.sql('truncate data.person, history.person, shuzhi.quarantine; update shuzhi.dataset set records = 0')
half = place.folder + '/half.csv'
lines = open(big).read().splitlines(True)
open(half, 'w').writelines(lines[:1] + lines[20000:])
both = [intake(big), intake(half)]
outs = [p.communicate()[0] for p in both]
check('two loads at once: both end', all('refused' in o for o in outs), outs)
check('each key once, counted right', totals()[:3] == [str(GOOD)] * 3, totals())

# --- the database restarted in mid-load, through the server ---
place.sql('truncate data.person, history.person, shuzhi.quarantine; update shuzhi.dataset set records = 0')
place.serve()
police = place.client('police')
status, b = police.load('person', open(big, 'rb').read(), name='again.csv', wait=False)
time.sleep(0.4)
subprocess.run([ROOT / 'tools/cluster', 'stop', place.folder + '/db'], env=place.env)
time.sleep(0.5)
status, got = place.client().get('/healthz')
check('without its database the server says so and lives', status == 503 and got['code'] == 'BUSY', got)
cpu = lambda: sum(int(n) for n in open(f'/proc/{place.server.pid}/stat').read().rsplit(') ', 1)[1].split()[11:13]) / os.sysconf('SC_CLK_TCK')
was = cpu()
time.sleep(1)
check('and waits without spinning', cpu() - was < 0.5, cpu() - was)
place.start_cluster()
for _ in range(200):
    try:
        status, got = police.get(f"/api/v1/batches/{b['id']}")
        if status == 200 and got['state'] in ('done', 'failed'):
            break
    except OSError:
        pass
    time.sleep(0.2)
check('the load goes on by itself', got.get('state') == 'done', got)
for folder in ('apps', 'county/deqing'):
    shutil.copytree(ROOT / folder, f'{place.folder}/{folder}')
schema = pathlib.Path(place.folder + '/apps/person/data/person.schema.json')
schema.write_text(schema.read_text().replace('人口基本信息', '人口信息', 1))
r = place.run('apply', place.folder + '/county/deqing', *sorted(pathlib.Path(place.folder + '/apps').iterdir()))
check('a package changed afterwards', r.returncode == 0, r.stderr)
for _ in range(50):
    title = police.get('/api/v1/datasets/person')[1]['title']['zh']
    if title == '人口信息':
        break
    time.sleep(0.1)
check('is heard of by the server that lost its database', title == '人口信息', title)
check('nothing is lost or doubled by the restart', totals() == [str(GOOD), str(GOOD), str(GOOD), str(N // 100)], totals())

# --- the server killed in mid-load ---
place.sql('truncate data.person, history.person, shuzhi.quarantine; update shuzhi.dataset set records = 0')
status, b = police.load('person', open(big, 'rb').read(), name='third.csv', wait=False)
time.sleep(0.3)
place.stop_server(signal.SIGKILL)
place.serve()
police = place.client('police')
status, got = police.wait(b['id'])
check('a killed server takes the load up again', got['state'] == 'done', got)
check('nothing is lost or doubled by the kill', totals() == [str(GOOD), str(GOOD), str(GOOD), str(N // 100)], totals())

# --- cancelled ---
status, b = police.load('person', open(half, 'rb').read() + b'\n', name='cancel.csv', wait=False)
police.post(f"/api/v1/batches/{b['id']}/cancel")
time.sleep(0.5)
status, got = police.get(f"/api/v1/batches/{b['id']}")
check('a batch can be cancelled', got['state'] == 'cancelled', got)


# --- files that are not what they seem ---
def zipped(files, **kw):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in files:
            z.writestr(name, data, **kw)
    return out.getvalue()


SHEET = ('<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>')


def workbook(rows, extra=()):
    body = ''.join('<row r="%d">%s</row>' % (r + 1, ''.join(
        f'<c r="{chr(65 + c)}{r + 1}" t="inlineStr"><is><t>{v}</t></is></c>' for c, v in enumerate(row))) for r, row in enumerate(rows))
    return zipped([
        ('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'),
        ('_rels/.rels', '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ('xl/workbook.xml', '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="人口" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ('xl/_rels/workbook.xml.rels', '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
        ('xl/worksheets/sheet1.xml', SHEET.format(body)), *extra])


head = PERSON_HEAD.strip().split(',')
rows = [head] + [person_row(i).strip().split(',') for i in range(70000, 70020)]
book = workbook(rows)
status, b = police.load('person', book, name='人口.xlsx')
check('a workbook is loaded', status == 200 and b['counts']['new'] == 20, b)
status, b = police.load('person', workbook(rows), name='person.csv')
check('a workbook called .csv is still one', status == 200 and b['file']['format'] == 'xlsx' and b['counts']['unchanged'] == 20, b)
status, b = police.load('person', persons(70100, 3).encode('gb18030'), name='person.xlsx')
check('a GB18030 text called .xlsx is still text', status == 200 and b['file']['format'] == 'csv' and b['file']['encoding'] == 'GB18030' and b['counts']['new'] == 3, b)
status, b = police.load('person', '\ufeff' + persons(70200, 3))
check('a byte order mark does no harm', status == 200 and b['counts']['new'] == 3, b)
status, b = police.load('person', ''.join(json.dumps(dict(zip(head, person_row(i).strip().split(','))), ensure_ascii=False) + '\n' for i in range(70300, 70305)), name='a.jsonl')
check('JSON lines are loaded', status == 200 and b['counts']['new'] == 5, b)

before = totals()
bomb = workbook([['a']], extra=[('xl/media/bomb.bin', b'\0' * (300 << 20))])
REFUSED = [
    ('a zip bomb', bomb, 429), ('a truncated workbook', book[:len(book) // 2], 400), ('a workbook with a broken sheet', workbook(rows).replace(b'PK\x03\x04', b'PK\x03\x04', 1)[:-40] + b'\0' * 40, 400),
    ('path traversal in a zip', workbook(rows, extra=[('../../etc/cron.d/x', 'x')]), 400), ('an absolute path in a zip', workbook(rows, extra=[('/etc/x', 'x')]), 400),
    ('a zip of something else', zipped([('readme.txt', 'hello')]), 400), ('an old .xls', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 5000, 400), ('a PDF', b'%PDF-1.4 ...', 400),
    ('a program', open('/bin/true', 'rb').read(), 400), ('random bytes', random.randbytes(100000), 400), ('an empty file', b'', 400),
    ('a hundred thousand columns', (','.join(f'c{i}' for i in range(100000)) + '\n').encode(), 400), ('an unclosed quote', (persons(80000, 50) + '"abc\n').encode() + b'x,' * 200000, 400),
    ('a cell of twenty megabytes', PERSON_HEAD.encode() + b'x' * (20 << 20) + b',a\n', 400), ('SQLite that is no GeoPackage', b'SQLite format 3\0' + b'\0' * 5000, 400),
]
for name, data, want in REFUSED:
    status, got = police.load('person', data, name='file.xlsx')
    check(f'{name}: refused with words in both languages', status in (want, 400, 429) and status != 200 and got.get('detail') and got.get('detail_zh'), (status, got))
check('nothing of them was written', totals() == before, (before, totals()))
check('nothing of them is left behind', not [f for f in os.listdir(place.folder + '/uploads') if f.startswith('incoming')], os.listdir(place.folder + '/uploads'))

status, b = police.load('person', PERSON_HEAD.encode() + person_row(81000).encode() + b'\xff\xfe\x80,\xc3\x28,1,1990-01-01,330521001001,1,,\n' + person_row(81001).encode())
check('broken UTF-8 in a row: that row waits, the others land', status == 200 and b['counts']['quarantined'] == 1 and b['counts']['new'] == 2, b)
status, b = police.load('person', PERSON_HEAD + person_row(81002) + 'a,b\n' + person_row(81003).strip() + ',,,,extra\n')
check('ragged rows wait', status == 200 and b['counts']['new'] == 1 and b['counts']['quarantined'] == 2, b)
sql = "x'; drop table data.person; --"
status, b = police.load('person', PERSON_HEAD + person_row(81004, 姓名=sql.replace(',', ''), 居住地址='$$\\copy x$$\\\\.'))
got = police.get('/api/v1/datasets/person/records/' + person_row(81004).split(',')[0])[1]['record']
check('SQL and COPY marks in text stay text', got['name'] == sql and got['address'] == '$$\\copy x$$\\\\.', got)
status, b = police.load('person', '{"身份证号":"\\u0000","姓名":"a\\u0000b"}\n', name='z.jsonl', columns=None)
check('U+0000 in JSON does no harm', status in (200, 400), b)

# --- a full disk ---
tmpfs = place.folder + '/full'
os.mkdir(tmpfs)
if os.getuid() == 0 and subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', tmpfs], stderr=subprocess.DEVNULL).returncode == 0:
    place.stop_server()
    place.serve('--uploads', tmpfs)
    police = place.client('police')
    status, got = police.load('person', open(big, 'rb').read())
    for _ in range(40):
        if not os.listdir(tmpfs):
            break
        time.sleep(0.05)
    check('an upload onto a full disk: told, nothing kept', status == 503 and not os.listdir(tmpfs), (status, got, os.listdir(tmpfs)))
    check('and the server lives', place.client().get('/healthz')[0] == 200)
    place.stop_server()
    subprocess.run(['umount', tmpfs])
    place.serve()
else:
    skip('an upload onto a full disk', 'no right to mount a tmpfs here')
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
