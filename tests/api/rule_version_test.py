#!/usr/bin/env python3
"""A policy from draft to force: saved, compared, submitted, decided by a second person, in force from its day, kept."""
import datetime
from harness import *

place = Place().serve()
police, author, second, other = (place.client(n) for n in ('police', 'civil', 'civil-lead', 'social'))
police.load('person', persons(0, 2000))
R = '/api/v1/rules/elder-allowance'
zone = datetime.timezone(datetime.timedelta(hours=8))
today = datetime.datetime.now(zone).date()
later = today + datetime.timedelta(days=30)
file = author.get(R)[1]
check('the package file is version 0 and in force', file['version'] == 0)
raised = lambda n: file['xml'].replace('<outputEntry><text>60</text></outputEntry>', f'<outputEntry><text>{n}</text></outputEntry>')
save = lambda who, **more: who.post(R + '/versions', {'text': raised(80), 'note': '八十岁津贴提到 80 元', 'base': 0} | more)

# --- drafts ---
status, got = save(author)
check('a draft is saved', status == 201 and got == {'version': 1, 'revision': 1, 'state': 'draft'}, got)
for name, more, code in [('without a note', {'note': ' '}, 400), ('on a base that is none', {'base': 7}, 409), ('without a base', {'base': None}, 409),
                         ('that is no model', {'text': '<x/>'}, 400), ('with an entity bomb', {'text': '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, 400),
                         ('with an expression that cannot be read', {'text': file['xml'].replace('>60<', '>60 +<')}, 400)]:
    status, got = save(author, **more)
    check(f'a draft {name} is refused', status == code and got['detail'], (status, got))
check('and nothing of them is kept', place.sql('select count(*) from shuzhi.rule_version') == '1' and place.sql('select count(*) from shuzhi.rule_save') == '1')
status, got = save(other)
check('another department writes no draft', status == 403 and got['detail_zh'], got)
check('nor sees it', [v for v in other.get(R + '/versions')[1]['versions']] == [] and other.get(R + '/versions/1')[0] == 403 and
      other.post(R + '/decide', {'decision': '每月合计', 'inputs': {}, 'version': 1})[0] == 403)

# --- two people at one draft ---
status, got = second.call('PUT', R + '/versions/1', {'text': raised(90), 'note': '改为 90 元', 'revision': 1})
check('a colleague saves over it', status == 200 and got['revision'] == 2, got)
status, got = author.call('PUT', R + '/versions/1', {'text': raised(85), 'note': '改为 85 元', 'revision': 1})
check('who saves an older one is told by whom it was changed', status == 409 and 'civil-lead' in got['detail'] and got['detail_zh'], got)
check('every save is kept', place.sql('select count(*) from shuzhi.rule_save where version = 1') == '2')

# --- decided by a second person ---
check('submitted with an old revision: told', author.post(R + '/versions/1/submit', {'revision': 1})[0] == 409)
check('submitted', author.post(R + '/versions/1/submit', {'revision': 2})[0] == 200)
check('a draft that is submitted is not changed', author.call('PUT', R + '/versions/1', {'text': raised(1), 'note': 'x', 'revision': 2})[0] == 409)
for who, name in ((author, 'the author'), (second, 'who saved it')):
    status, got = who.post(R + '/versions/1/approve', {'from': str(today)})
    check(f'{name} does not approve it', status == 403 and 'second person' in got['detail'], got)
    check(f'{name} does not refuse it', who.post(R + '/versions/1/refuse', {'reason': 'x'})[0] == 403)
check('another department decides nothing', other.post(R + '/versions/1/approve', {'from': str(today)})[0] == 403)

status, got = save(author)
status, got = author.post(R + '/versions/2/submit', {'revision': 1})
check('a refusal needs its reason', second.post(R + '/versions/2/refuse', {'reason': ''})[0] == 400)
check('refused with its reason', second.post(R + '/versions/2/refuse', {'reason': '缺资金测算'})[0] == 200)
check('once', second.post(R + '/versions/2/approve', {'from': str(today)})[0] == 409)
listed = {v['version']: v for v in author.get(R + '/versions')[1]['versions']}
check('the author reads why', listed[2]['state'] == 'refused' and listed[2]['reason'] == '缺资金测算' and listed[2]['decided_by'] == 'civil-lead', listed)

save(author)
author.post(R + '/versions/3/submit', {'revision': 1})
for day in ('2020-01-01', '2026-02-30', '', None):
    check(f'in force from {day}: refused', second.post(R + '/versions/3/approve', {'from': day})[0] == 400)
status, got = second.post(R + '/versions/3/approve', {'from': str(later)})
check('approved by a second person, from a day to come', status == 200 and got['state'] == 'approved', got)

# --- in force from its day ---
given = {'decision': '每月合计', 'inputs': {'出生日期': '1942-01-01', '户籍性质': '1', '计算日期': '2026-11-25'}}
decide = lambda **more: other.post(R + '/decide', given | more)[1]
check('not yet in force', decide()['result'] == 60 and decide()['version'] == 0, decide())
check('nor on the day before', decide(date=str(later - datetime.timedelta(days=1)))['result'] == 60)
check('in force on its day', decide(date=str(later))['result'] == 80 and decide(date=str(later))['version'] == 3)
check('a version can be asked for', decide(version=0)['result'] == 60 and decide(version=3)['result'] == 80 and
      other.post(R + '/decide', given | {'version': 9})[0] == 404 and other.post(R + '/decide', given | {'date': 'soon'})[0] == 400)
status, got = save(author, text=raised(100))
check('a draft on a base that was replaced is refused', status == 409 and 'version 3' in got['detail'], got)
check('as is submitting one made before', author.post(R + '/versions/1/submit', {'revision': 2})[0] == 409)
check('and approving one', place.client('civil-lead').post(R + '/versions/1/approve', {'from': str(today)})[0] in (403, 409))
status, got = save(author, text=raised(100), base=3)
author.post(R + f"/versions/{got['version']}/submit", {'revision': 1})
check('one made from the latest goes through', second.post(R + f"/versions/{got['version']}/approve", {'from': str(today)})[0] == 200)
check('in force at once', decide()['result'] == 100 and author.get(R)[1]['version'] == got['version'] and '>100<' in author.get(R)[1]['xml'])
check('an approved later day still comes', decide(date=str(later))['version'] == 3)
check('who decided nothing sees what was approved', {v['version'] for v in other.get(R + '/versions')[1]['versions']} == {3, got['version']} and
      '>80<' in other.get(R + '/versions/3')[1]['xml'])

# --- simulation against a version ---
ask = {'dataset': 'person', 'decision': '每月合计', 'parameters': {'计算日期': '2026-11-25'}}
status, sim = author.post(R + '/simulate', ask | {'against': 0})
check('what is in force is compared with a version', status == 200 and sim['record']['version'] == got['version'] and
      sim['all']['total'] * 6 == sim['all']['against_total'] * 10 > 0, sim)
status, sim = author.post(R + '/simulate', ask | {'version': 3, 'against': got['version']})
check('and any with any', status == 200 and sim['record']['version'] == 3 and sim['all']['total'] * 10 == sim['all']['against_total'] * 8, sim)
check('a draft of the owner is not compared by others', other.post(R + '/simulate', ask | {'against': 1})[0] == 403)
events = [e['action'] for e in place.client('auditor').get('/api/v1/audit?limit=200')[1]['events']]
check('every step is recorded', {'rules.draft', 'rules.submit', 'rules.approve', 'rules.refuse'} <= set(events), set(events))
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
