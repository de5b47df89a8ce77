#!/usr/bin/env python3
"""Unusual looks of staff: found in the audit through real looks, once each, with evidence, settled by somebody else."""
import datetime
from harness import *

place = Place()
base = pathlib.Path(place.folder)
shutil.copytree(ROOT / 'county/deqing', base / 'county/deqing')
shutil.copytree(ROOT / 'apps', base / 'apps')
hour = (datetime.datetime.utcnow() + datetime.timedelta(hours=8)).hour
(base / 'county/deqing/watch/now.yaml').write_text(f'id: now\ntitle: {{zh: 此刻, en: Now}}\nkind: hours\nfrom: {hour}\nto: {(hour + 2) % 24}\nat_least: 40\nfactor: 3\n')
volume = base / 'county/deqing/watch/volume.yaml'
volume.write_text(volume.read_text().replace('at_least: 500', 'at_least: 200'))
hours = base / 'county/deqing/watch/hours.yaml'
hours.unlink()  # the one in force would depend on when the test runs
r = place.run('apply', str(base / 'county/deqing'), *sorted(map(str, (base / 'apps').glob('*'))))
check('rules are put in force', r.returncode == 0, r.stderr)
for name, text, want in [('a kind that is none', 'kind: magic', 'none of the values allowed'), ('a field that is none', 'kind: kin\ndataset: person\nsame: [tail]', 'tail'), ('no dataset', 'kind: own', 'dataset'),
                         ('a dataset of nobody', 'kind: own\ndataset: division', 'resident-id'), ('a dataset that is none', 'kind: own\ndataset: dragon', 'dragon'), ('no figure', 'kind: volume\nfactor: 2', 'at_least')]:
    bad = base / 'apps/person/watch/bad.yaml'
    bad.write_text('id: bad\ntitle: {zh: 坏, en: Bad}\n' + text + '\n')
    r = place.run('check', str(base / 'apps/person'))
    check(f'{name}: refused with its line', r.returncode == 2 and 'watch/bad.yaml:' in r.stderr and want in r.stderr, r.stderr)
    bad.unlink()
place.env['SHUZHI_WATCH_SECONDS'] = '1'
place.serve()
police, civil, market, social, auditor, manager = (place.client(x) for x in ('police', 'civil', 'market', 'social', 'auditor', 'manager'))
N = 400
rows = [person_row(n, **({'居住地址': '武康街道塔山路1号'} if n < 3 else {})) for n in range(N)]
status, got = police.load('person', PERSON_HEAD + ''.join(rows))
keys = [r.split(',')[0] for r in rows]
check('records are there', place.sql('select count(*) from data.person') == str(N), got)
place.sql(f"update shuzhi.staff set id_number = '{keys[0]}' where login = 'police'")


def weighed():
    """Every look is weighed."""
    for _ in range(200):
        if place.sql("select (select upto from shuzhi.look_progress) >= (select max(id) from shuzhi.audit_batch where entries like '%records.%')") == 't':
            return True
        time.sleep(0.1)
    return False


def cases(c=auditor):
    return [x for x in c.get('/api/v1/cases')[1]['cases'] if x['kind'] == 'unusual-look']


def found():
    weighed()
    return sorted(place.sql("select rule || ' ' || login from shuzhi.unusual_look order by 1").split('\n')) if place.sql('select count(*) from shuzhi.unusual_look') != '0' else []


def read(c, n):
    return c.get(f'/api/v1/datasets/person/records/{keys[n]}')[0]


# --- about whom ---
check('looks at others are nothing', [read(police, n) for n in (50, 60)] == [200, 200] and found() == [], found())
check('nor is a list that holds a neighbour', police.get('/api/v1/datasets/person/records?limit=30')[0] == 200 and found() == [], found())
check('a look at a neighbour is', read(police, 1) == 200 and found() == ['person-kin police'], found())
check('the next of the day is told no more', read(police, 2) == 200 and found() == ['person-kin police'], found())
check('a look at one\'s own record', read(police, 0) == 200 and found() == ['person-kin police', 'person-own police'], found())
mine = cases()
kin = next(c for c in mine if '同户' in c['note'])
check('the auditors have a case with a due date', kin['state'] == 'open' and kin['days_left'] == 5 and kin['dataset'] == 'person' and kin['reporter']['login'] == 'system', kin)
status, got = auditor.get(f"/api/v1/cases/{kin['id']}")
look = got['look']
check('it says who, when and by which rule', look['who']['login'] == 'police' and look['who']['name']['zh'] == '沈建国' and look['kind'] == 'kin' and look['title']['zh'] == '查看同户或同址的人' and look['measure'] == 1, look)
check('with the lines of the audit', len(look['evidence']) == 1 and look['evidence'][0]['action'] == 'records.read', look['evidence'])
batch, line = look['evidence'][0]['id'].split('-')
check('which name the look', json.loads(place.sql(f'select entries from shuzhi.audit_batch where id = {batch}').split('\n')[int(line)])['key'] == keys[1])
check('the key stays sealed for the auditor', look['evidence'][0]['key'].startswith('~') and keys[1] not in json.dumps(got), got)
check('it waits on their first page', any(w['link'] == f"/cases/{kin['id']}" for w in auditor.get('/api/v1/home')[1]['waiting']))
check('and a message tells them', place.sql("select count(*) from shuzhi.message where login = 'auditor'") == '2')
check('who looked sees nothing of it', cases(police) == [] and police.get(f"/api/v1/cases/{kin['id']}")[0] == 403 and not [w for w in police.get('/api/v1/home')[1]['waiting'] if w['kind'] == 'case'])
check('nor may they settle it', police.post(f"/api/v1/cases/{kin['id']}/fix", {'note': '没事'})[0] == 403)
check('others neither', civil.get(f"/api/v1/cases/{kin['id']}")[0] == 403)
check('words are needed', auditor.post(f"/api/v1/cases/{kin['id']}/fix", {'note': ''})[0] == 400)
status, got = auditor.post(f"/api/v1/cases/{kin['id']}/fix", {'note': '已约谈，系办理户口事项'})
check('an auditor settles it', status == 200 and got['state'] == 'fixed' and got['answer'].startswith('已约谈'), got)
check('once', auditor.post(f"/api/v1/cases/{kin['id']}/fix", {'note': '再'})[0] == 409)

# --- watched records ---
add = f'/api/v1/watch/person/{keys[7]}'
check('only auditors keep the list', civil.post(add, {'reason': '名人'})[0] == 403 and civil.get('/api/v1/watch')[0] == 403)
check('a reason is needed', auditor.post(add, {'reason': ' '})[0] == 400)
check('and a record', auditor.post('/api/v1/watch/person/330521190001010010', {'reason': 'x'})[0] == 404 and auditor.post('/api/v1/watch/dragon/1', {'reason': 'x'})[0] == 404)
check('before it is on the list', read(civil, 7) == 200 and 'watched civil' not in found())
check('put on the list', auditor.post(add, {'reason': '网络关注事件当事人'})[0] == 201)
status, got = auditor.get('/api/v1/watch')
check('the list names it by a handle', status == 200 and len(got['watched']) == 1 and got['watched'][0]['key'].startswith('~') and got['watched'][0]['by']['login'] == 'auditor' and len(got['rules']) >= 6, got)
check('every look at it is told', read(civil, 7) == 200 and read(market, 7) == 200 and {'watched civil', 'watched market'} <= set(found()), found())
before = len(found())
check('once a day', read(civil, 7) == 200 and len(found()) == before, found())
watched = next(c for c in cases() if c['note'].startswith('查看重点关注人员：civil'))
check('by its own date', watched['days_left'] == 3 and watched['key'].startswith('~'), watched)
check('and taken off', auditor.call('DELETE', add)[0] in (200, 204) and auditor.call('DELETE', add)[0] == 404)
check('what happens to the list is on record', place.sql("select shuzhi.audit_unfold()") is not None and place.sql("select string_agg(action, ' ' order by at) from shuzhi.audit_event where action like 'watch.%' and result = 'ok'") == 'watch.add watch.list watch.remove')

# --- against what is usual ---
place.sql("insert into shuzhi.look_day select l, (now() at time zone 'Asia/Shanghai')::date - i, 'person', o, n, array_fill(0::bigint, array[24]) from generate_series(1, 10) i, "
          "(values ('civil', '330521-mzj', 20), ('market', '330521-scjg', 500)) x(l, o, n)")
for c in (civil, market):
    for i in range(2):
        assert c.get('/api/v1/datasets/person/records?limit=150')[0] == 200
now = found()
check('fifteen times as much as usual', 'volume civil' in now and 'volume market' not in now, now)
got = auditor.get(f"/api/v1/cases/{next(c for c in cases() if c['note'].startswith('查看量异常'))['id']}")[1]['look']
check('with the figures', got['measure'] >= 300 and got['usual'] == 20 and sum(e['count'] for e in got['evidence']) == got['measure'], got)
check('at these hours too', 'now civil' in now and 'now market' in now, now)
wukang = place.client('wukang')
wukang.get('/api/v1/datasets/person/records?limit=30')
check('little is never told', not [f for f in found() if f.endswith(' wukang')])
datasets = [d['id'] for d in social.get('/api/v1/datasets')[1]['datasets']][:6]
codes = [social.get(f'/api/v1/datasets/{d}/records?limit=1')[0] for d in datasets]
check('many datasets in a day', codes == [200] * 6 and 'breadth social' in found(), (codes, found()))
export = police.get('/api/v1/datasets/person/records.csv')[0]
check('an export counts what it holds', export == 200 and 'volume police' in found(), found())

# --- who audits is audited ---
place.sql(f"update shuzhi.staff set id_number = '{keys[5]}' where login = 'manager'")
check('a manager who audits, at their own record', read(manager, 5) == 200 and 'person-own manager' in found(), found())
own = next(c for c in cases() if c['note'].endswith(found() and place.sql("select 'manager ' || max(day) from shuzhi.unusual_look where login = 'manager'")))
check('cannot settle it', own['id'] not in [c['id'] for c in cases(manager)] and manager.post(f"/api/v1/cases/{own['id']}/fix", {'note': '没事'})[0] == 403)
check('but settles others', manager.post(f"/api/v1/cases/{watched['id']}/reject", {'note': '公务'})[0] == 200)
check('a citizen at their own record is nothing unusual', place.sql("select count(*) from shuzhi.unusual_look u join shuzhi.staff s on s.login = u.login where s.kind <> 'staff'") == '0')

# --- once, whatever happens ---
sums = place.sql("select login, dataset, records from shuzhi.look_day where day = (now() at time zone 'Asia/Shanghai')::date order by 1, 2")
place.sql("select shuzhi.audit_unfold()")
counted = place.sql("select e.who, e.dataset, sum(greatest(coalesce(cardinality(keys), count, 1), case when key is null then 0 else 1 end)) from shuzhi.audit_event e "
                    "where via = 'desk' and result = 'ok' and action in ('records.read', 'records.list', 'records.export') group by 1, 2 order by 1, 2")
check('every look was weighed once', sums == counted, sums + '\n--\n' + counted)
n = len(found())
place.stop_server(signal.SIGKILL)
place.serve()
civil = place.client('civil')
read(civil, 30)
check('after a kill nothing is told twice', len(found()) == n and weighed(), found())
check('every finding has its case', place.sql('select count(*) from shuzhi.unusual_look where work_case is null') == '0')
check('the log names nobody', not any(k in place.server_log() for k in keys[:10]))
end()
