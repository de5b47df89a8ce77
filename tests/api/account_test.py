#!/usr/bin/env python3
"""Accounts, second factors, passwords, sessions: as people use them, and as somebody attacks them."""
import base64, hmac, re, struct, statistics
from harness import *

STEP = 30


def totp(secret, step=None):
    key = base64.b32decode(secret)
    h = hmac.new(key, struct.pack('>Q', step if step is not None else int(time.time()) // STEP), 'sha1').digest()
    at = h[-1] & 15
    return f"{(struct.unpack('>I', h[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


place = Place()
base = pathlib.Path(place.folder)
shutil.copytree(ROOT / 'county/deqing', base / 'county/deqing')
shutil.copytree(ROOT / 'apps', base / 'apps')
with open(base / 'county/deqing/county.yaml', 'a') as f:
    f.write('  - {login: wardens, password: deqing-2026, name: {zh: 局内, en: Inside}, organisation: 330521-gaj, roles: [warden, clerk]}\n')
county = (base / 'county/deqing/county.yaml')
county.write_text(county.read_text().replace('\n# Demo accounts', '\n  - {id: warden, title: {zh: 部门账号员, en: Warden}}\n# Demo accounts', 1))
with open(base / 'county/deqing/rights.csv', 'a') as f:
    f.write('warden,*,accounts,own,,,\n')
r = place.run('apply', str(base / 'county/deqing'), *sorted(map(str, (base / 'apps').glob('*'))))
check('packages are put in force', r.returncode == 0, r.stderr)
place.serve()


def session(login, password=PASSWORD, **more):
    c = place.client()
    status, got = c.post('/api/v1/session', {'login': login, 'password': password, **more})
    if status == 200 and 'csrf' in got:
        c.csrf = got['csrf']
    return status, got, c


def waits_over():
    place.sql('delete from shuzhi.sign_in_failure')


def step_back():
    """As if the last code were older: the next is not waited for."""
    place.sql('update shuzhi.staff set totp_step = 0')


# --- a role that demands a second factor ---
status, got, c = session('accounts')
check('a role that demands a second factor: enrol first, no session', status == 200 and got['needs'] == 'enrol' and 'csrf' not in got and not c.cookie, got)
secret = got['secret']
check('the QR code is an SVG without script', got['qr'].startswith('<svg') and 'script' not in got['qr'] and got['uri'].startswith('otpauth://totp/'))
check('asked again, the secret that is shown stays', session('accounts')[1]['secret'] == secret)
check('a wrong password shows no secret', 'secret' not in session('accounts', 'wrong')[1])
waits_over()
check('a wrong code enrols nothing', session('accounts', code='000000' if totp(secret) != '000000' else '000001')[0] == 401)
code = totp(secret)  # the step may end while we ask
status, got, admin = session('accounts', code=code)
check('the right code enrols and signs in', status == 200 and len(got['recovery_codes']) == 10, got)
recovery = got['recovery_codes']
check('no secret stands open in the database', place.sql("select totp from shuzhi.staff where login = 'accounts'") not in ('', secret) and
      recovery[0] not in place.sql("select string_agg(digest, ',') from shuzhi.recovery_code"))
check('now a code is asked for', session('accounts')[1] == {'needs': 'code'})
check('a code counts once', session('accounts', code=code)[0] == 401)
step_back()
check('the code of a minute ago is past', session('accounts', code=totp(secret, int(time.time()) // STEP - 3))[0] == 401)
check('the next one', session('accounts', code=totp(secret))[0] == 200)
check('a recovery code', session('accounts', code=recovery[0])[0] == 200)
check('which counts once', session('accounts', code=recovery[0])[0] == 401)
for _ in range(6):
    status, got, _c = session('accounts', code='111111')
check('guessing codes must wait, from wherever', status == 429, got)
place.sql("update shuzhi.sign_in_failure set address = '10.0.0.1' where address <> 'second factor'")
check('even from another place', session('accounts', code='111111')[0] == 429)
waits_over()
for _ in range(6):
    session('accounts', 'wrong')
place.sql("update shuzhi.sign_in_failure set address = '10.0.0.1'")
check('somebody without the password locks nobody out', session('accounts')[0] == 200)
waits_over()
for bad in ("' or 1=1 --", 'a' * 500, '\u0000', '１２３４５６', '-00001', ''):
    status, got, c = session('accounts', code=bad)
    check(f'no code: {bad[:8]!r}', 'csrf' not in (got or {}) and status in (200, 400, 401, 429), got)
    waits_over()
check('it cannot be left off', admin.call('DELETE', '/api/v1/account/second?code=' + recovery[1])[0] == 403)

# --- by one's own will ---
market = place.client('market')
status, got = market.post('/api/v1/account/second')
own = got['secret']
check('anybody may take one', status == 200 and not got['is_on'])
check('a wrong code is told', market.post('/api/v1/account/second', {'code': '12'})[0] == 400)
status, got = market.post('/api/v1/account/second', {'code': totp(own)})
check('a right one turns it on', status == 200 and got['is_on'] and len(got['recovery_codes']) == 10, got)
check('once', market.post('/api/v1/account/second')[0] == 409)
check('a wrong code does not turn it off', market.call('DELETE', '/api/v1/account/second?code=123456')[0] == 400 and market.get('/api/v1/account/second')[1]['is_on'])
check('that it is on is told at the desk', any('动态口令已启用' in m['title']['zh'] for m in market.get('/api/v1/home')[1]['messages']))
check('a recovery code does', market.call('DELETE', '/api/v1/account/second?code=' + got['recovery_codes'][3])[0] in (200, 204) and not market.get('/api/v1/account/second')[1]['is_on'])

# --- accounts ---
new = {'login': 'li.ming', 'name': {'zh': '李明', 'en': 'Li Ming'}, 'organisation': '330521-gaj', 'roles': ['clerk']}
check('without the verb: 403', market.get('/api/v1/accounts')[0] == 403 and market.post('/api/v1/accounts', new)[0] == 403)
status, made = admin.post('/api/v1/accounts', new)
check('an account is made, its password shown once', status == 201 and made['password'] and made['account']['must_change'], made)
check('a login once', admin.post('/api/v1/accounts', new)[0] == 409)
for name, change in [('an organisation that is none', {'organisation': 'x'}), ('a role that is none', {'roles': ['king']}), ('a login with blanks', {'login': 'a b'}),
                     ('capitals', {'login': 'LiMing'}), ('a kind that is none', {'kind': 'god'}), ('no name', {'name': {}}), ('roles that are no list', {'login': 'li3', 'roles': ['clerk', 7]})]:
    status, got = admin.post('/api/v1/accounts', {**new, 'login': 'li.other', **change})
    check(f'{name}: refused with words', status == 400 and got['detail'], got)
check('it is found by a part of the name', [a['login'] for a in admin.get('/api/v1/accounts?q=' + urllib.parse.quote('李'))[1]['accounts']] == ['li.ming'])
check('and by organisation', all(a['organisation'] == '330521-gaj' for a in admin.get('/api/v1/accounts?organisation=330521-gaj')[1]['accounts']))
check('page by page', admin.get('/api/v1/accounts?limit=2')[1]['next'] and len(admin.get('/api/v1/accounts?limit=2&after=li.ming')[1]['accounts']) == 2)
status, got, c = session('li.ming', made['password'])
check('the first sign-in asks for a password of their own', got == {'needs': 'password'} and not c.cookie, got)
for name, password in [('short', 'aB3$x'), ('two kinds', 'abrakadabra1'), ('with the login', 'X9-li.ming-2'), ('a run', 'Qz-1234-wrtp'), ('all the same', 'aaaaA1aaaaaa'),
                       ('eleven characters', 'Wukang-te-7'), ('129 characters', 'Wu7-' + 'kx' * 62 + 'k'), ('a word that leaked, with digits', 'Password2026'),
                       ('the same in signs', 'P@ssw0rd!2026'), ('the same in Pinyin', '5201314Woaini!')]:
    status, got, c = session('li.ming', made['password'], new_password=password)
    check(f'{name}: not a password', status == 400 and got['detail_zh'] and not c.cookie, got)
GOOD = ['Wukang tea 71🍵', 'Xiazhu-lake-82', 'Mogan-hill-93', 'Xinshi-boat-04', 'Leidian-pearl-15']
status, got, li = session('li.ming', made['password'], new_password=GOOD[0])
check('a good one signs in', status == 200 and li.get('/api/v1/session')[0] == 200, got)
check('the one that was given is past', session('li.ming', made['password'])[0] == 401)
check('a change wants the present one', li.post('/api/v1/account/password', {'password': 'no', 'new_password': GOOD[1]})[0] == 400)
other = session('li.ming', GOOD[0])[2]
for n in range(1, 5):
    check(f'change {n}', li.post('/api/v1/account/password', {'password': GOOD[n - 1], 'new_password': GOOD[n]})[0] in (200, 204))
check('a change ends the other sessions, not this one', other.get('/api/v1/session')[0] == 401 and li.get('/api/v1/session')[0] == 200)
check('each change is told at the desk', sum(m['title']['zh'] == '您的密码已更换' for m in li.get('/api/v1/home')[1]['messages']) >= 5, li.get('/api/v1/home'))
check('the last five do not come again', li.post('/api/v1/account/password', {'password': GOOD[4], 'new_password': GOOD[1]})[0] == 400)
place.sql("update shuzhi.staff set password_set = now() - interval '91 days' where login = 'li.ming'")
check('after ninety days another is asked for', session('li.ming', GOOD[4])[1] == {'needs': 'password'})
place.sql("update shuzhi.staff set password_set = now() where login = 'li.ming'")

# --- who administers one organisation ---
warden = place.client('wardens')
seen = {a['organisation'] for a in warden.get('/api/v1/accounts')[1]['accounts']}
check('sees that organisation only', seen == {'330521-gaj'}, seen)
check('others are not there', warden.get('/api/v1/accounts/manager')[0] == 404 and warden.post('/api/v1/accounts/manager/close')[0] == 404)
check('makes accounts there', warden.post('/api/v1/accounts', {**new, 'login': 'wang'})[0] == 201)
check('not elsewhere', warden.post('/api/v1/accounts', {**new, 'login': 'wang2', 'organisation': '330521-mzj'})[0] == 403)
check('nor with a role they do not hold', warden.post('/api/v1/accounts', {**new, 'login': 'wang2', 'roles': ['data-manager']})[0] == 403)
check('nor learns the password of one who has more', warden.post('/api/v1/accounts/police/reset')[0] == 403)
place.sql("update shuzhi.post set area = '330521001', roles = roles || '{grid-worker}' where login = 'wardens'")
check('an area within their own can be given', warden.post('/api/v1/accounts', {**new, 'login': 'grid1', 'roles': ['grid-worker'], 'area': '330521001003'})[0] == 201)
for n, change in enumerate([{'area': '33'}, {'area': '330521002'}, {}, {'area': '330521001', 'duty': '人口走访'}]):
    check(f'a post wider than theirs cannot be given: {change}', warden.post('/api/v1/accounts', {**new, 'login': f'wide{n}', 'roles': ['grid-worker'], **change})[0] == 403)
place.sql("insert into shuzhi.post (login, organisation, roles) values ('wang', '330521-mzj', '{clerk}')")
check('nor the password of one with the same role elsewhere', warden.post('/api/v1/accounts/wang/reset')[0] == 403)
place.sql("delete from shuzhi.post where login = 'wang' and organisation = '330521-mzj'; update shuzhi.post set area = null where login = 'wardens'")
check('nobody changes their own', warden.post('/api/v1/accounts/wardens/reset')[0] == 403 and admin.post('/api/v1/accounts/accounts/close')[0] == 403)
status, got = warden.post('/api/v1/accounts/li.ming/reset')
check('resets one of theirs: out at once, a new password', status == 200 and got['password'] and li.get('/api/v1/session')[0] == 401, got)
check('which is told too', place.sql("select count(*) from shuzhi.message where login = 'li.ming' and title->>'en' like '%reset%'") == '1')
check('closes it', warden.post('/api/v1/accounts/li.ming/close')[0] == 200 and session('li.ming', got['password'])[0] == 401)
check('and opens it', warden.post('/api/v1/accounts/li.ming/open')[0] == 200 and session('li.ming', got['password'])[1] == {'needs': 'password'})
check('a failed sign-in is on record, by account', 'li.ming' in place.sql("select shuzhi.audit_unfold(); select string_agg(distinct who, ' ') from shuzhi.audit_event where action = 'session.open' and result = 'denied'").split())
check('what is no account is not, as it may be a password', session('Wukang-secret-99', 'x')[0] == 401 and
      place.sql("select shuzhi.audit_unfold(); select count(*) from shuzhi.audit_event e where e::text like '%Wukang-secret%'").split()[-1] == '0')
check('each is on record', set(place.sql("select shuzhi.audit_unfold(); select distinct action from shuzhi.audit_event where action like 'account.%'").split()) >=
      {'account.make', 'account.close', 'account.open', 'account.reset', 'account.list'})

# --- sessions ---
here, there = place.client('social'), place.client()
there.sign_in('social')
listed = here.get('/api/v1/account/sessions')[1]['sessions']
check('one sees one\'s sessions', len(listed) == 2 and sum(s['is_this'] for s in listed) == 1, listed)
check('no token is in the list', here.cookie.split('=')[1] not in json.dumps(listed))
far = next(s['id'] for s in listed if not s['is_this'])
check('another\'s cannot be ended', market.call('DELETE', f'/api/v1/account/sessions/{far}')[0] == 404 and there.get('/api/v1/session')[0] == 200)
check('one\'s own can', here.call('DELETE', f'/api/v1/account/sessions/{far}')[0] in (200, 204) and there.get('/api/v1/session')[0] == 401 and here.get('/api/v1/session')[0] == 200)
check('an id that is no number: 400', here.call('DELETE', '/api/v1/account/sessions/x')[0] == 400)
fixed = place.client()
fixed.cookie = 'shuzhi_session=' + 'B' * 43
fixed.sign_in('social')
check('a session id that was planted is not taken', fixed.cookie != 'shuzhi_session=' + 'B' * 43 and place.client().get('/api/v1/session', headers={'Cookie': 'shuzhi_session=' + 'B' * 43})[0] == 401)

# --- nothing is told by time ---
def took(login):
    waits_over()
    began = time.perf_counter()
    session(login, 'wrong-password')
    return time.perf_counter() - began


known, unknown = zip(*((took('civil'), took('no-such-one')) for _ in range(25)))
ratio = statistics.median(unknown) / statistics.median(known)
check('an unknown account takes as long as a wrong password', 0.8 < ratio < 1.25, ratio)
log = place.server_log()
check('no secret in the log', not any(w in log for w in (secret, recovery[1], GOOD[0], 'deqing-2026')))
check('the server ends well', place.stop_server() == 0, place.server_log()[-3000:])
end()
