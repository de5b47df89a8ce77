#!/usr/bin/env python3
"""Decision models through the desk: read, one case with its trace, everybody at once, a draft against what is in force."""
from harness import *

place = Place().serve()
police, social = place.client('police'), place.client('social')
police.load('person', persons(0, 2000))
status, got = social.get('/api/v1/rules')
models = {r['id']: r for r in got['rules']}
check('the two policies are there', status == 200 and {'elder-allowance', 'output-per-mu'} <= set(models), got)
check('with inputs by type', {'name': '出生日期', 'id': 'birth_date', 'type': 'date'} in models['elder-allowance']['inputs'])
check('and datasets that fit', any(d['id'] == 'person' for d in models['elder-allowance']['datasets']))
status, one = social.get('/api/v1/rules/elder-allowance')
check('the text and its cases are shown', status == 200 and '<definitions' in one['xml'] and len(one['cases']) == 8)
check('no such rule: 404', social.get('/api/v1/rules/nope')[0] == 404)

given = {'出生日期': '1936-01-01', '户籍性质': '1', '计算日期': '2026-11-25', '能力评估得分': 12, '困难类别': '无'}
status, got = social.post('/api/v1/rules/elder-allowance/decide', {'decision': '每月合计', 'inputs': given})
check('one case is decided', status == 200 and got['result'] == 400, got)
check('with the rules that hit and every value', any(s.get('table') == '高龄津贴' and s['rule'] == 4 for s in got['steps']) and
      any(s.get('decision') == '周岁' and s['value'] == 90 for s in got['steps']), got['steps'])
for name, body in [('an unknown input', {'decision': '每月合计', 'inputs': {'工资': 1}}), ('an unknown decision', {'decision': 'x', 'inputs': {}}),
                   ('no decision', {})]:
    status, got = social.post('/api/v1/rules/elder-allowance/decide', body)
    check(f'{name}: 400 in both languages', status == 400 and got['detail'] and got.get('detail_zh'), got)
status, got = social.post('/api/v1/rules/elder-allowance/decide', {'decision': '每月合计', 'inputs': {'出生日期': 'x' * 100000, '户籍性质': ['a'] * 1000, '计算日期': None}})
check('odd values do no harm', status == 200, got)

ask = {'dataset': 'person', 'decision': '每月合计', 'parameters': {'计算日期': '2026-11-25'}, 'by': ['division', 'sex']}
status, got = social.post('/api/v1/rules/elder-allowance/simulate', ask)
old = sum(60 for i in range(2000) if '1940' <= person_row(i).split(',')[3][:4] <= '1946' and person_row(i).split(',')[3] <= '1946-11-25')
check('everybody is decided and summed', status == 200 and got['all']['rows'] == 2000 and got['all']['total'] == old, (got['all'] if status == 200 else got, old))
check('by field', sum(g['rows'] for g in got['by']['sex']) == 2000 and got['by']['division'][0]['value'] == '330521001001', got['by'])
status, again = social.post('/api/v1/rules/elder-allowance/simulate', ask)
check('codes and places go by their names, fields by their titles', got['fields']['division']['zh'] == '居住村社' and
      got['fields']['sex'] == {'zh': '性别', 'en': 'Sex'} and {g['title']['zh'] for g in got['by']['sex']} >= {'男', '女'} and got['by']['division'][0]['title']['zh'], got['by'])
check('over the whole county', got['is_limited'] is False)
status, cut = social.post('/api/v1/rules/elder-allowance/simulate', ask | {'by': ['division.town', 'birth_date.age@2026-11-25']})
born = {}
for i in range(2000):
    r = person_row(i).split(',')
    y = 2026 - int(r[3][:4]) - (r[3][5:] > '11-25')
    born['90+' if y >= 90 else f'{y // 10 * 10}-{y // 10 * 10 + 9}'] = born.get('90+' if y >= 90 else f'{y // 10 * 10}-{y // 10 * 10 + 9}', 0) + 1
check('by town and by ten years of age', status == 200 and {g['value']: g['rows'] for g in cut['by']['birth_date.age@2026-11-25']} == born and
      all(g['title']['zh'] and len(g['value']) == 9 for g in cut['by']['division.town']) and
      cut['by']['division.town'][0]['title']['zh'] == '武康街道' and cut['fields']['division.town']['zh'] == '乡镇', (cut, born))
for bad in ('birth_date.age', 'birth_date.age@2026-13-01', "birth_date.age@2026-01-01'", 'sex.town', 'id_number.town', 'division.age@2026-01-01', 'nothing.town', 'birth_date.year'):
    check(f'no such group: {bad}', social.post('/api/v1/rules/elder-allowance/simulate', ask | {'by': [bad]})[0] == 403)
status, mine = place.client('wukang').post('/api/v1/rules/elder-allowance/simulate', ask)
seen = place.sql("select count(*) from data.person where division like '330521001%'")
check('who sees one town simulates one town, and is told', status == 200 and mine['is_limited'] and mine['all']['rows'] == int(seen), (mine, seen))
leader = place.client('leader')
status, sums = leader.post('/api/v1/rules/elder-allowance/simulate', ask)
check('who may simulate but not read gets the sums of all', status == 200 and sums['all'] == got['all'] and not sums['is_limited'], sums)
check('and no record', leader.get('/api/v1/datasets/person/records')[0] == 403)
check('no dataset without either', place.client('wukang').post('/api/v1/rules/output-per-mu/simulate',
      {'dataset': 'firm-indicator', 'decision': '综合得分'})[0] == 403)
check('a re-run gives the same', {**again, 'run': 0} == {**got, 'run': 0} and again['run'] != got['run'], again)
draft = one['xml'].replace('<outputEntry><text>60</text></outputEntry>', '<outputEntry><text>80</text></outputEntry>')
status, got = social.post('/api/v1/rules/elder-allowance/simulate', ask | {'against': draft})
check('a draft is compared: who loses by what is in force', status == 200 and got['all']['lose'] == old // 60 and got['all']['against_total'] == old // 60 * 80, got)
# --- a difference opens to its cases, for those who see what it is made of ---
behind = ask | {'against': draft, 'what': 'lose', 'by': ['sex']}
status, cases = police.post('/api/v1/rules/elder-allowance/cases', behind)
check('a difference opens to its cases', status == 200 and cases['total'] == old // 60 and not cases['is_limited'] and len(cases['cases']) == min(200, old // 60) and
      all(c['result'] == 60 and c['against'] == 80 and c['title'] for c in cases['cases']), cases)
check('each leads to its record', police.get('/api/v1/datasets/person/records/' + cases['cases'][0]['key'])[0] == 200)
women = police.post('/api/v1/rules/elder-allowance/cases', behind | {'value': '2'})[1]
check('those of one group only', women['total'] == next(g['lose'] for g in got['by']['sex'] if g['value'] == '2'), women['total'])
check('nobody gains by what is in force', police.post('/api/v1/rules/elder-allowance/cases', behind | {'what': 'gain'})[1]['total'] == 0)
status, no = social.post('/api/v1/rules/elder-allowance/cases', behind)
check('who sees the birth date masked gets no case', status == 403 and 'in the clear' in no['detail'] and no['detail_zh'], no)
check('nor who may only simulate', leader.post('/api/v1/rules/elder-allowance/cases', behind)[0] == 403)
for name, change in (('what is not known', {'what': 'all'}), ('nothing to compare with', {'against': None}), ('a group of none', {'by': [], 'value': '2'})):
    check(f'{name}: 400', police.post('/api/v1/rules/elder-allowance/cases', behind | change)[0] == 400)
looks = [e for e in place.client('auditor').get('/api/v1/audit?action=rules.cases')[1]['events']]
check('the looks are recorded, and how many', any(e.get('count') == len(cases['cases']) for e in looks), looks[:2])
check('a draft that is none: 400', social.post('/api/v1/rules/elder-allowance/simulate', ask | {'against': '<x/>'})[0] == 400)
status, got = social.post('/api/v1/rules/elder-allowance/simulate', ask | {'against': '<!DOCTYPE a [<!ENTITY b "' + 'c' * 1000 + '">]><a>&b;</a>'})
check('an entity bomb is refused', status in (400, 429) and got['detail'], got)
check('no single person through a group', social.post('/api/v1/rules/elder-allowance/simulate', ask | {'by': ['id_number']})[0] == 403 and
      social.post('/api/v1/rules/elder-allowance/simulate', ask | {'by': ['birth_date']})[0] == 403)
check('recorded', any(e['action'] == 'rules.simulate' for e in place.client('auditor').get('/api/v1/audit?action=rules.simulate')[1]['events']))
# --- runs are kept, watched and stopped ---
import threading, time
rule = '/api/v1/rules/elder-allowance'
kept = social.get(f"{rule}/runs/{again['run']}")[1]
check('a run is kept as it was answered', kept['state'] == 'done' and kept['request'] == ask and kept['report']['all'] == again['all'] and
      kept['report_digest'] == again['record']['report'] and kept['login'] == 'social' and kept['rows'] == 2000, kept)
runs = social.get(f'{rule}/runs')[1]['runs']
check('all are listed, the latest first', [r['run'] for r in runs][-2:] == [again['run'], runs[-1]['run']] and all('report' not in r for r in runs) and
      runs[0]['at'] >= runs[-1]['at'], runs)
check('sums of everybody are for who may have them made', leader.get(f"{rule}/runs/{again['run']}")[0] == 200)
limited = place.client('wukang').get(f"{rule}/runs/{mine['run']}")
drafted = social.post(f'{rule}/simulate', ask | {'against': draft})[1]['run']
others = leader.get(f'{rule}/runs/{drafted}')[1]
check('a draft that was compared with is not for everybody', social.get(f'{rule}/runs/{drafted}')[1]['request']['against'] == draft and
      others['request'] is None and draft[:40] not in str(others) and others['report']['all']['against_total'] > 0, others)
check('those over some rows for their asker only', limited[0] == 200 and leader.get(f"{rule}/runs/{mine['run']}")[0] == 404 and
      place.client('wukang').get(f"{rule}/runs/{again['run']}")[0] == 404 and
      [r['run'] for r in place.client('wukang').get(f'{rule}/runs')[1]['runs']] == [mine['run']])
check('a number stands for one run', social.post(f'{rule}/simulate', ask | {'run': again['run']})[0] == 409 and
      social.post(f'{rule}/simulate', ask | {'run': "a' or 1=1 --"})[0] == 400 and social.post(f'{rule}/simulate', ask | {'run': 'x'})[0] == 400)
check('nothing to stop: 404', social.post(f"{rule}/runs/{again['run']}/stop")[0] == 404 and social.post(f'{rule}/runs/nonexistent/stop')[0] == 404)
open(place.folder + '/more.csv', 'w').write(persons(2000, 80000))
r = place.run('intake', '--quiet', 'person', place.folder + '/more.csv')
check('many more persons', r.returncode == 0, r.stderr)
for number, stops in (('run-to-the-end', False), ('run-to-be-stopped', True)):
    answers, seen, other = [], [], place.client('social')
    t = threading.Thread(target=lambda: answers.append(other.post(f'{rule}/simulate', ask | {'against': draft, 'run': number})))
    t.start()
    while t.is_alive():
        time.sleep(0.04)  # within what one person may ask
        status, now = social.get(f'{rule}/runs/{number}')
        if status == 200 and now['state'] == 'running':
            seen.append(now['rows'])
            if len(seen) == 1:
                check('a running one is its asker\'s', leader.get(f'{rule}/runs/{number}')[0] == 404 and leader.post(f'{rule}/runs/{number}/stop')[0] == 404 and
                      now['expected'] == 82000, now)
            if stops and now['rows'] > 0 and social.post(f'{rule}/runs/{number}/stop')[0] == 204:
                stops = False
    t.join()
    status, got = answers[0]
    if number == 'run-to-the-end':
        check('it says how far it is', status == 200 and got['state'] == 'done' and got['all']['rows'] == 82000 and sorted(seen) == seen and
              any(0 < n < 82000 for n in seen), (status, str(got)[:200], seen[-5:]))
    else:
        kept = social.get(f'{rule}/runs/{number}')[1]
        check('it stops, gives no sums, and says so', status == 200 and got['state'] == 'stopped' and 'all' not in got and kept['state'] == 'stopped' and
              kept['report'] is None and kept['rows'] < 82000, (status, str(got)[:300], kept))
check('the next simulates again', social.post(f'{rule}/simulate', ask)[1]['all']['rows'] == 82000)
r = place.run('test', *[str(p) for p in sorted(ROOT.glob('apps/*'))])
check("the packages' own cases pass", r.returncode == 0 and 'not ok' not in r.stdout, r.stdout + r.stderr)
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
