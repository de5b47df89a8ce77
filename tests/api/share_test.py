#!/usr/bin/env python3
"""Request, approval, key, masked answers, refusals, revocation; wrong values; the record of looks."""
from harness import *

place = Place().serve()
police, social, auditor, civil = (place.client(x) for x in ('police', 'social', 'auditor', 'civil'))
police.load('person', persons(0, 40) + person_row(50, 居住村社='330521001002'))
key0, key50 = (person_row(n).split(',')[0] for n in (0, 50))

ask = {'dataset': 'person', 'fields': ['id_number', 'name', 'mobile', 'birth_date', 'division'], 'clear': ['name'],
       'purpose': '社保资格核验', 'legal_basis': '社会保险法第十八条', 'until': '2028-12-31', 'quota_per_day': 60, 'rate_per_second': 1000,
       'filter': [{'field': 'division', 'op': '=', 'value': '330521001001'}]}
status, r = social.post('/api/v1/requests', ask | {'until': '2027-06-30'})
check('a request is made, with a date by which it is answered', status == 201 and r['state'] == 'waiting' and r['due'], r)
for name, change, at in [('no field', {'fields': []}, None), ('unknown field', {'fields': ['salary']}, '/fields/0'),
                         ('no purpose', {'purpose': ' '}, '/purpose'), ('no basis', {'legal_basis': ''}, '/legal_basis'),
                         ('a past term', {'until': '2020-01-01'}, '/until'), ('a term too long', {'until': '2040-01-01'}, '/until'),
                         ('a bad filter', {'filter': [{'field': 'name', 'op': 'like', 'value': '%'}]}, '/filter/0'),
                         ('a filter on no field', {'filter': [{'field': "x'; drop table data.person", 'op': '=', 'value': '1'}]}, '/filter/0'),
                         ('a date that is none', {'filter': [{'field': 'birth_date', 'op': '>=', 'value': "1990' or '1'='1"}]}, '/filter')]:
    status, got = social.post('/api/v1/requests', ask | {'until': '2027-06-30'} | change)
    check(f'{name} is refused', status == 400 and (at is None or got.get('at') == at), got)
check('the asker may not approve', social.post(f"/api/v1/requests/{r['id']}/approve")[0] == 403)
check('a stranger does not see the request', civil.get(f"/api/v1/requests/{r['id']}")[0] == 403)
check("it waits at the owner's desk", any(w['kind'] == 'request' and w['id'] == r['id'] for w in police.get('/api/v1/home')[1]['waiting']))
status, got = police.post(f"/api/v1/requests/{r['id']}/approve", {'fields': ['id_number', 'name', 'mobile', 'birth_date']})
check('giving less wants a reason', status == 400, got)
status, got = police.post(f"/api/v1/requests/{r['id']}/approve", {'fields': ask['fields'] + ['address'], 'note': 'x'})
check('giving more than asked is refused', status == 400, got)
status, got = police.post(f"/api/v1/requests/{r['id']}/approve", {'fields': ['id_number', 'name', 'mobile', 'birth_date'], 'note': '不需要居住地'})
check('approved in part', status == 200 and got['request']['state'] == 'reduced', got)
grant = got['grant']
check('deciding twice is a conflict', police.post(f"/api/v1/requests/{r['id']}/refuse", {'reason': 'x'})[0] == 409)
check('only the receiver fetches the key', police.post(f'/api/v1/grants/{grant}/key')[0] == 403)
status, got = social.post(f'/api/v1/grants/{grant}/key')
key = got['key']
check('the key is shown once and kept as a digest', status == 200 and key not in place.sql('select coalesce(key_digest, \'\') from shuzhi.share_grant'))

machine = place.client()
bearer = {'Authorization': 'Bearer ' + key}
look = lambda k, h=bearer: machine.get(f'/api/v1/share/{grant}/records/{k}', headers=h)
status, got = look(key0)
check('granted fields, masked by grade', status == 200 and got == {'id_number': key0[:6] + '********' + key0[-4:], 'name': '张一',
                                                                  'mobile': '138****0000', 'birth_date': '1940'}, got)
check('outside the rows granted: told as such', look(key50)[0] == 403)
check('no such record: told as such', look(id_number('330521', '20200101', 99))[0] == 404)
check('a key with SQL in it finds nothing', look("x'%20or%20'1'='1")[0] == 404)
check('no key', look(key0, {})[0] == 401)
check('a wrong key', look(key0, {'Authorization': 'Bearer ' + key[:-1] + 'x'})[0] == 401)
check('another scheme', look(key0, {'Authorization': 'Basic ' + key})[0] == 401)
check('no such grant', machine.get(f'/api/v1/share/99999/records/{key0}', headers=bearer)[0] == 404)
status, got = machine.get(f'/api/v1/share/{grant}/records?limit=7', headers=bearer)
check('a page of records', status == 200 and len(got['records']) == 7 and got['next'] and 'division' not in got['records'][0], got)
seen, after = [], ''
for _ in range(20):
    status, got = machine.get(f'/api/v1/share/{grant}/records?limit=20' + after, headers=bearer)
    if status != 200:
        break
    seen += [x['mobile'] for x in got['records']]
    if not got['next']:
        break
    after = f"&after={got['next']}"
check('pages give each granted row once', status == 200 and len(seen) == 40, (status, len(seen)))
check('a masked field cannot be searched by', machine.get(f'/api/v1/share/{grant}/records?mobile=13800000000', headers=bearer)[0] == 403)
check('nor one that was not granted', machine.get(f'/api/v1/share/{grant}/records?division=330521001001', headers=bearer)[0] == 403)
check("the day's quota ends it", [look(key0)[0] for _ in range(20)][-1] == 429)
status, api = machine.get(f'/api/v1/share/{grant}/openapi.json', headers={'Cookie': social.cookie})
check('OpenAPI 3.1 of what the grant gives', status == 200 and api['openapi'] == '3.1.0' and
      set(api['components']['schemas']['Record']['properties']) == {'id_number', 'name', 'mobile', 'birth_date'}, api)

# a second grant: rate, new key, revocation, expiry
status, r2 = social.post('/api/v1/requests', ask | {'until': '2027-06-30', 'rate_per_second': 5, 'quota_per_day': 100000, 'filter': []})
grant = police.post(f"/api/v1/requests/{r2['id']}/approve", {})[1]['grant']
key = social.post(f'/api/v1/grants/{grant}/key')[1]['key']
bearer = {'Authorization': 'Bearer ' + key}
codes = [look(key0, bearer)[0] for _ in range(30)]
check('more a second than granted is refused', codes.count(429) >= 5 and 200 in codes, codes)
time.sleep(1.1)
check('and passes again later', look(key0, bearer)[0] == 200)
new = {'Authorization': 'Bearer ' + social.post(f'/api/v1/grants/{grant}/key')[1]['key']}
check('a new key ends the old one', look(key0, bearer)[0] == 401 and look(key0, new)[0] == 200)
status, got = police.post(f'/api/v1/grants/{grant}/revoke', {'reason': '用途变更'})
check('revoked, and in force with the answer', status == 200 and got['state'] == 'revoked' and look(key0, new)[0] == 403, got)
check('the receiver is told', any('/grants/%d' % grant == m['link'] for m in social.get('/api/v1/home')[1]['messages']))
place.sql(f"update shuzhi.share_grant set is_revoked = false, until = current_date - 1, version = version + 1 where id = {grant}")
status, got = look(key0, new)
check('over its term', status == 403 and 'ended' in got['detail'], got)

# --- the desk masks as well ---
mine = social.get(f'/api/v1/datasets/person/records/{key0}')[1]
check('another department sees masks at the desk', mine['record']['mobile'] == '138****0000' and 'mobile' in mine['masked'], mine)
check('and cannot unmask by searching', social.get('/api/v1/datasets/person/records?mobile=13800000000')[0] == 403)
check('nor by order', social.get('/api/v1/datasets/person/records?order=mobile')[0] == 400)

# --- a wrong value ---
status, got = social.post(f'/api/v1/datasets/person/records/{key0}/report', {'field': 'mobile', 'proposed': '13800009999', 'note': '本人来电'})
case = got['case']
check('a wrong value becomes a case with a due date', status == 201 and got['due'], got)
check('the reporter does not see the value through the case', social.get(f'/api/v1/cases/{case}')[1]['value'] == '***')
check('a stranger does not see the case', civil.get(f'/api/v1/cases/{case}')[0] == 403)
status, got = police.post(f'/api/v1/cases/{case}/fix', {'value': '1380'})
check('a fix passes the same checks', status == 400 and '手机号码' in got['detail_zh'], got)
status, got = police.post(f'/api/v1/cases/{case}/fix', {'value': '13800009999', 'note': '已核实'})
check('fixed at the source', status == 200 and got['state'] == 'fixed', got)
check('the record has it, with its old value', police.get(f'/api/v1/datasets/person/records/{key0}')[1]['history'][0]['changes'][0]['old'] == '13800000000')
check('the reporter is told', any(m['link'] == f'/cases/{case}' for m in social.get('/api/v1/home')[1]['messages']))
check('closed is closed', police.post(f'/api/v1/cases/{case}/reject', {'note': 'x'})[0] == 409)

# --- the record of looks ---
events = auditor.get(f'/api/v1/audit?dataset=person&key={key0}&limit=200')[1]['events']
actions = {(e['action'], e['result']) for e in events}
check('every look and refusal is recorded', {('share.read', 'ok'), ('share.read', 'denied'), ('records.read', 'ok'), ('case.report', 'ok')} <= actions, actions)
check('with purpose, fields and grant', any(e['purpose'] == '社保资格核验' and e['grant'] and 'mobile' in e['fields'] for e in events))
check('reading the record is recorded', any(e['action'] == 'audit.read' for e in auditor.get('/api/v1/audit?action=audit.read')[1]['events']))
check('the owner sees who looked', any(l['action'] == 'share.read' for l in police.get(f'/api/v1/datasets/person/records/{key0}')[1]['looks']))
# --- a feed that is late ---
place.sql("update shuzhi.batch set finished = now() - interval '5 days' where dataset = 'person'")
place.stop_server()
place.serve()
police = place.client('police')
for _ in range(60):
    late = [c for c in police.get('/api/v1/cases?state=open')[1]['cases'] if c['kind'] == 'late-feed']
    if late:
        break
    time.sleep(0.1)
check('a late feed raises a case at its owner, with a date', len(late) == 1 and late[0]['dataset'] == 'person' and late[0]['due'], late)
check('the catalogue says so', police.get('/api/v1/datasets/person')[1]['is_late'] is True)
police.load('person', persons(100, 2))
place.stop_server()
place.serve()
police, auditor = place.client('police'), place.client('auditor')
for _ in range(60):
    late = [c for c in police.get('/api/v1/cases')[1]['cases'] if c['kind'] == 'late-feed']
    if late and late[0]['state'] == 'fixed':
        break
    time.sleep(0.1)
check('the next load closes it', len(late) == 1 and late[0]['state'] == 'fixed', late)
try:
    place.sql('delete from shuzhi.audit_batch')
    check('the record cannot be deleted', False)
except RuntimeError as e:
    check('the record cannot be deleted', 'append-only' in str(e), e)
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
