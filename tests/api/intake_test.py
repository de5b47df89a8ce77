#!/usr/bin/env python3
"""A department's file to records: checks, quarantine, fixes, repeats, history."""
import csv, io
from harness import *

place = Place().serve()
police, social = place.client('police'), place.client('social')

# --- a clean file, twice ---
status, b = police.load('person', persons(0, 300))
check('300 clean rows are new', status == 200 and b['counts']['new'] == 300 and b['counts']['quarantined'] == 0, b)
status, b2 = police.load('person', persons(0, 300))
check('the same file again changes nothing and says so',
      b2['counts']['unchanged'] == 300 and b2['counts']['new'] == b2['counts']['changed'] == 0 and b2['same_as'] == b['id'], b2)
check('headers are remembered for the source',
      all(c['how'] == 'remembered' for c in police.call('POST', '/api/v1/intake/person/files?name=x.csv',
                                                       raw=persons(0, 2).encode())[1]['columns']))

# --- a changed value keeps its old one, its batch and its time ---
row = person_row(5, 手机号码='13900000005')
key = row.split(',')[0]
status, b3 = police.load('person', PERSON_HEAD + row)
check('one changed row', b3['counts']['changed'] == 1, b3)
record = police.get(f'/api/v1/datasets/person/records/{key}')[1]
check('history holds old value, batch and time', record['history'][0]['changes'] ==
      [{'field': 'mobile', 'old': '13800000005', 'new': '13900000005'}] and record['history'][0]['batch'] == b3['id'], record)
check('lineage names file, batch and row', record['lineage']['batch'] == b3['id'] and record['lineage']['row'] == 2, record['lineage'])

# --- the classics ---
good = id_number('330521', '19900307', 21)
wrong = good[:-1] + ('0' if good[-1] != '0' else '1')
CASES = [  # name, change, field, reason, suggestion
    ('scientific notation', {'身份证号': '3.30521E+17'}, 'id_number', 'SCIENTIFIC', None),
    ('rounded past 15 digits', {'身份证号': '330521199003070000'}, 'id_number', 'ROUNDED', None),
    ('wrong check digit', {'身份证号': wrong, '出生日期': '1990-03-07', '性别': '1'}, 'id_number', 'CHECK_DIGIT', good),
    ('serial date', {'身份证号': good, '性别': '1', '出生日期': '32939'}, 'birth_date', 'DATE_SERIAL', '1990-03-07'),
    ('impossible date', {'出生日期': '1990-02-30'}, 'birth_date', 'DATE_IMPOSSIBLE', None),
    ('missing required', {'姓名': ''}, 'name', 'REQUIRED', None),
    ('unknown code', {'性别': '7'}, 'sex', 'CODE', None),
    ('swapped columns', {'身份证号': '李明', '姓名': good, '出生日期': '1990-03-07', '性别': '1'}, 'id_number', 'SWAPPED', good),
    ('contradicts the number', {'身份证号': good, '出生日期': '1990-03-08', '性别': '1'}, 'birth_date', 'CHECK', '1990-03-07'),
    ('another sex than the number says', {'身份证号': good, '出生日期': '1990-03-07', '性别': '2'}, 'sex', 'CHECK', '1'),
    ('a formula', {'姓名': '=SUM(A1:A9)'}, 'name', 'FORMULA', None),
]
for i, (name, change, field, reason, suggestion) in enumerate(CASES):
    status, b = police.load('person', PERSON_HEAD + person_row(1000 + i, **change))
    rows = police.get(f"/api/v1/batches/{b['id']}/quarantine")[1]['rows']
    problems = rows[0]['problems'] if rows else []
    hit = [p for p in problems if p['field'] == field and p['code'] == reason]
    check(f'{name}: refused with its own reason', bool(hit), problems)
    check(f'{name}: suggestion', bool(hit) and hit[0]['suggestion'] == suggestion, problems)
    check(f'{name}: words in both languages', bool(hit) and hit[0]['reason']['zh'] and hit[0]['reason']['en'])

HARMLESS = [
    ('full-width digits', {'手机号码': '１３８００００１２３４'}, 'mobile', '13800001234'),
    ('trailing blanks', {'姓名': '  王芳　 '}, 'name', '王芳'),
    ('2021.9.7', {'身份证号': id_number('330521', '20210907', 11), '出生日期': '2021.9.7', '性别': '1'}, 'birth_date', '2021-09-07'),
    ('a name for a code', {'性别': '男', '身份证号': id_number('330521', '20210908', 11), '出生日期': '2021年9月8日'}, 'sex', '1'),
    ('a word for nothing', {'手机号码': '无'}, 'mobile', None),
]
for i, (name, change, field, want) in enumerate(HARMLESS):
    row = person_row(2000 + i, **change)
    status, b = police.load('person', PERSON_HEAD + row)
    got = police.get(f"/api/v1/datasets/person/records/{row.split(',')[0]}")[1].get('record', {})
    check(f'{name}: put right without asking', b['counts']['new'] == 1 and got.get(field) == want, (b, got))

status, b = police.load('person', PERSON_HEAD + person_row(3000) + person_row(3001) + person_row(3000, 姓名='另一人'))
rows = police.get(f"/api/v1/batches/{b['id']}/quarantine")[1]['rows']
check('a key twice in a file: the second is refused, naming the first row',
      b['counts']['new'] == 2 and rows[0]['problems'][0]['code'] == 'DUPLICATE' and '2' in rows[0]['problems'][0]['reason']['en'], rows)

merged = '人口基本情况表,,,,,,,\n身份信息,,,,居住信息,,,\n' + PERSON_HEAD + person_row(3100)
status, b = police.load('person', merged)
check('header under merged title rows is found', b['counts']['new'] == 1, b)

# --- coordinates ---
address = '地址编码,所在村社,标准地址,经度,纬度\n330521001001A0000001,330521001001,德清县武康街道英溪路1号,{},{}\n'
civil = place.client('civil')
civil.load('address', address.format('119.9774', '30.5425'))
status, b = civil.load('address', address.format('119.9820488', '30.5400338'))
rows = civil.get(f"/api/v1/batches/{b['id']}/quarantine")[1]['rows']
check('GCJ-02 in a CGCS2000 column is told and put right',
      rows and rows[0]['problems'][0]['code'] == 'GCJ02' and rows[0]['problems'][0]['suggestion'].startswith('119.97740')
      and rows[0]['problems'][1]['suggestion'].startswith('30.5425'), rows)

# --- fixing ---
bad = PERSON_HEAD + ''.join(person_row(4000 + i, 身份证号=person_row(4000 + i).split(',')[0][:-1] + 'Q') for i in range(3)) + \
    person_row(4010, 手机号码='1234')
status, b = police.load('person', bad)
url = f"/api/v1/batches/{b['id']}/quarantine"
rows = police.get(url)[1]['rows']
check('four rows wait', len(rows) == 4, rows)
status, got = police.call('PUT', f"{url}/{rows[3]['row']}", {'values': {'mobile': '123'}})
check('a fix that is no fix stays with its new problem', status == 200 and got['state'] == 'waiting' and got['problems'][0]['field'] == 'mobile', got)
status, got = police.call('PUT', f"{url}/{rows[3]['row']}", {'values': {'mobile': '13800004010'}})
check('a fix lands the row', status == 200 and got['state'] == 'landed', got)
check('landing twice is a conflict', police.call('PUT', f"{url}/{rows[3]['row']}", {'values': {}})[0] == 409)
check('the record is there', police.get('/api/v1/datasets/person/records/' + person_row(4010).split(',')[0])[0] == 200)
status, got = police.post(f"{url}/{rows[0]['row']}/drop", {'note': ''})
check('dropping wants a reason', status == 400, got)
check('dropped with a reason', police.post(f"{url}/{rows[0]['row']}/drop", {'note': '测试数据'})[0] == 200)
text = police.get(f"/api/v1/batches/{b['id']}/quarantine.csv")[1]
lines = list(csv.reader(io.StringIO(text.lstrip('\ufeff'))))
check('the bad rows come as a spreadsheet with reasons', len(lines) == 3 and lines[0][0] == '_row' and lines[1][-1], lines)
for line in lines[1:]:
    line[1] = id_number('330521', line[1][6:14], int(line[1][14:17]))
out = io.StringIO()
csv.writer(out).writerows(lines)
status, c = police.load('person', out.getvalue(), name='corrected.csv', corrects=b['id'])
status, b = police.get(f"/api/v1/batches/{b['id']}")
check('the corrected file lands what waited', c['counts']['new'] == 2 and b['counts']['fixed'] == 3 and
      police.get(url)[1]['total'] == 0, (c, b))
status, b = police.load('person', PERSON_HEAD + ''.join(
    person_row(4100 + i, 身份证号=person_row(4100 + i).split(',')[0][:-1] + '?') for i in range(2)) + ''.join(
    person_row(n, 身份证号=person_row(n).split(',')[0][:-1] + str((int(person_row(n).split(',')[0][-1].replace('X', '9')) + 1) % 9)) for n in (4201, 4203)))
status, got = police.post(f"/api/v1/batches/{b['id']}/quarantine/accept", {'reason': 'CHECK_DIGIT'})
check('all suggestions of a kind are taken at once', status == 200 and got['landed'] >= 1, got)

# --- checks in FEEL ---
born = {'身份证号': id_number('330521', '19910307', 31), '性别': '1'}
status, b = police.load('person', PERSON_HEAD + person_row(5000, 出生日期='1991-03-08', **born))
url2 = f"/api/v1/batches/{b['id']}/quarantine"
row = police.get(url2)[1]['rows'][0]
problem = row['problems'][0]
check('a row is refused with the title of the check as its reason', problem['check'] == 'id-birth' and
      problem['reason'] == {'zh': '出生日期与身份证号一致', 'en': 'Date of birth agrees with the identity number'}, problem)
status, got = police.call('PUT', f"{url2}/{row['row']}", {'values': {'birth_date': '1991-03-09'}})
check('a fix goes through the same check', status == 200 and got['state'] == 'waiting' and got['problems'][0]['check'] == 'id-birth', got)
status, got = police.call('PUT', f"{url2}/{row['row']}", {'values': {'birth_date': '1991-03-07'}})
check('and lands when it passes', status == 200 and got['state'] == 'landed', got)
status, b = police.load('person', PERSON_HEAD + person_row(5001, 出生日期='1991-03-08', 身份证号=id_number('330521', '19910307', 33)))
status, got = police.post(f"/api/v1/batches/{b['id']}/quarantine/accept", {'reason': 'CHECK', 'field': 'birth_date'})
check('what a check suggests is taken at once', got['landed'] == 1, got)
HEAD2 = 'uscc,year,land,revenue,added_value,tax\n'
(pathlib.Path(place.folder) / 'i.csv').write_text(HEAD2 + '91350100M000100Y43,2024,10,100,120,5\n91350100M000100Y43,2023,10,,,\n91350100M000100Y43,2022,0,100,50,\n')
r = place.run('intake', '--quiet', 'firm-indicator', 'i.csv')
check('a warning lands its row, a refusal does not', '2 new' in r.stdout and '1 refused' in r.stdout, r.stdout + r.stderr)
rules = json.loads(place.sql("select json_object_agg(rule, array[tested, passed]) from shuzhi.quality where dataset = 'firm-indicator'"
                             " and rule ~ '-'"))
check('each check counts what it tested and passed; null is not tested', rules.get('added-value-within-revenue') == [2, 1] and
      rules.get('indicator-land') == [3, 2] and rules.get('tax-of-revenue') == [2, 1] and 'rnd-within-revenue' not in rules, rules)

# --- quality ---
q = police.get('/api/v1/datasets/person/quality')[1]
check('six dimensions are counted', set(q['current']['dimensions']) == {'conformity', 'completeness', 'accuracy', 'consistency',
                                                                        'timeliness', 'accessibility'}, q['current'])
check('checks are listed by their titles', {'id-birth', 'id-sex', 'born-in-the-past'} <= {r['code'] for r in q['rules']} and
      any(r['title']['zh'] == '性别与身份证号一致' and r['tested'] > 300 and 0 < r['passed'] < r['tested'] for r in q['rules']), q['rules'])
check('a trend is kept', len(q['trend']) == 1 and 0 < q['trend'][0]['score'] <= 100, q['trend'])

# --- who may ---
check('another department may not load here', social.load('person', persons(0, 1))[0] == 403)
check('nor see the refused rows', social.get(url)[0] == 403)
check('figures and batches may be seen', social.get('/api/v1/batches?dataset=person')[0] == 200)

place.stop_server()
check('no secret and no person in the log', PASSWORD not in place.server_log() and '138000' not in place.server_log())
end()
