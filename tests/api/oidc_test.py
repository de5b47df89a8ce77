#!/usr/bin/env python3
"""OpenID Connect: a real client signs in, and what must not pass does not."""
import base64, hashlib, hmac, threading
from harness import *

SECRET = 's3cret-of-the-forest-map'
CALLBACK = 'http://127.0.0.1:9/callback'


def sm3(text):
    return subprocess.run(['openssl', 'dgst', '-sm3'], input=text.encode(), stdout=subprocess.PIPE).stdout.decode().split()[-1]


CLIENTS = f'''clients:
  - id: forest
    title: {{zh: 林业一张图, en: Forest map}}
    secret_digest: {sm3(SECRET)}
    redirect_uris: ["{CALLBACK}"]
    logout_uris: ["http://127.0.0.1:9/bye"]
    scopes: [openid, profile, organisation, offline_access, api]
  - id: forest-rsa
    title: {{zh: 林业一张图（旧）, en: Forest map (old)}}
    secret_digest: {sm3(SECRET)}
    redirect_uris: ["{CALLBACK}"]
    scopes: [openid, profile, organisation, offline_access, api]
    id_token: RS256
    consent: false
  - id: phone
    title: {{zh: 网格员手机端, en: Grid worker phone}}
    redirect_uris: ["{CALLBACK}"]
    scopes: [openid]
  - id: weather
    title: {{zh: 气象站, en: Weather station}}
    secret_digest: {sm3(SECRET)}
    scopes: [api]
    account: weather-system
'''
place = Place()
county = pathlib.Path(place.folder) / 'county/deqing'
shutil.copytree(ROOT / 'county/deqing', county)
(county / 'clients.yaml').write_text(CLIENTS)
profile = (county / 'county.yaml').read_text()
(county / 'county.yaml').write_text(profile + '  - {login: weather-system, kind: system, password: deqing-2026, name: {zh: 气象, en: Weather}, '
                                    'organisation: 330521-gaj, roles: [clerk]}\n')
shutil.copytree(ROOT / 'apps', pathlib.Path(place.folder) / 'apps')
apps = [str(p) for p in sorted(pathlib.Path(place.folder).glob('apps/*'))]
r = place.run('apply', str(county), *apps)
check('clients are put in force', r.returncode == 0, r.stderr)
place.serve()
url = f'http://127.0.0.1:{place.port}'
folder = ROOT / 'tests/oidc'
if not (folder / 'node_modules').exists():
    subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def node(client, algorithm):
    given = {'url': url, 'id': client, 'secret': SECRET, 'redirect': CALLBACK, 'password': PASSWORD, 'algorithm': algorithm}
    r = subprocess.run(['node', 'client.mjs', json.dumps(given)], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    for line in r.stdout.splitlines():
        if line.startswith(('ok ', 'not ok ')):
            check(f'openid-client, {algorithm}: ' + line.split('ok ', 1)[1], line.startswith('ok '))
    check(f'openid-client, {algorithm}: came to its end', r.returncode == 0, r.stderr)
    return json.loads(r.stdout.split('\n= ')[1]) if '\n= ' in r.stdout else {}


kept = node('forest', 'ES256')
node('forest-rsa', 'RS256')

# --- the authorization endpoint ---
VERIFIER = 'v' * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b'=').decode()
GOOD = {'client_id': 'forest', 'redirect_uri': CALLBACK, 'response_type': 'code', 'scope': 'openid api offline_access', 'state': 's',
        'code_challenge': CHALLENGE, 'code_challenge_method': 'S256'}
police = place.client('police')


def authorize(**change):
    c = place.client()
    q = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    status, got = c.get('/oauth/authorize?' + urllib.parse.urlencode(q))
    return status, got, c.headers.get('Location', '')


def agree(who=police, **change):
    page = authorize(**change)[1]
    return who.post('/api/v1/authorize/' + page.split('request=')[1].split('"')[0], {'allow': True})


def code_of(answer):
    return urllib.parse.parse_qs(urllib.parse.urlparse(answer[1]['redirect']).query)['code'][0]


def token(headers=None, **form):
    raw = urllib.parse.urlencode(form).encode()
    return place.client().call('POST', '/oauth/token', raw=raw, headers=headers or {})


BY_CODE = {'grant_type': 'authorization_code', 'redirect_uri': CALLBACK, 'code_verifier': VERIFIER, 'client_id': 'forest', 'client_secret': SECRET}
for name, change in [('another host', {'redirect_uri': 'http://evil.example/callback'}), ('a longer path', {'redirect_uri': CALLBACK + '/x'}),
                     ('a query more', {'redirect_uri': CALLBACK + '?x=1'}), ('another case', {'redirect_uri': CALLBACK.replace('callback', 'Callback')}),
                     ('another port', {'redirect_uri': CALLBACK.replace(':9/', ':99/')}), ('user info', {'redirect_uri': CALLBACK.replace('//', '//a@')}),
                     ('none', {'redirect_uri': None}), ('an unknown client', {'client_id': 'nobody'}), ('dots', {'redirect_uri': CALLBACK + '/../callback'})]:
    status, got, location = authorize(**change)
    check(f'redirect_uri with {name}: told here, sent nowhere', status == 400 and not location, (status, got))
for name, change, want in [('no PKCE', {'code_challenge': None}, 'invalid_request'), ('plain PKCE', {'code_challenge_method': 'plain'}, 'invalid_request'),
                           ('an implicit answer', {'response_type': 'token'}, 'unsupported_response_type'), ('a scope not registered', {'client_id': 'phone', 'scope': 'openid api'}, 'invalid_scope'),
                           ('a request object', {'request': 'e30.e30.'}, 'request_not_supported')]:
    status, got, location = authorize(**change)
    check(f'{name}: {want}', status == 303 and location.startswith(CALLBACK + '?error=' + want) and 'state=s' in location and 'iss=' in location, location)
status, got = place.client().get('/oauth/authorize?client_id=forest&client_id=phone&redirect_uri=' + urllib.parse.quote(CALLBACK))
check('a parameter given twice is refused', status == 400, got)
page = authorize()[1]
request = page.split('request=')[1].split('"')[0]
check('the page runs no script', '<script' not in page)
check('nobody signed in: no code', place.client().post(f'/api/v1/authorize/{request}', {'allow': True})[0] == 401)
csrf, police.csrf = police.csrf, None
check('no CSRF token: no code', police.post(f'/api/v1/authorize/{request}', {'allow': True})[0] == 403)
check('nor by the way out', police.post(f'/api/v1/signed-out/{request}', {'allow': True})[0] == 400)
police.csrf = csrf
check('the person sees who asks', police.get(f'/api/v1/authorize/{request}')[1]['client']['zh'] == '林业一张图')
check('consent once given is known', police.get(f'/api/v1/authorize/{request}')[1]['wants_consent'] is False)
check('agreed once', police.post(f'/api/v1/authorize/{request}', {'allow': True})[0] == 200)
check('and once only', police.post(f'/api/v1/authorize/{request}', {'allow': True})[0] == 404)
check('prompt=none without a session: login_required', 'error=login_required' in place.client().get(
    '/api/v1/authorize/' + authorize(prompt='none')[1].split('request=')[1].split('"')[0])[1]['redirect'])
check('prompt=login wants a fresh sign-in', agree(prompt='login')[0] == 403)
check('max_age too', agree(max_age='0')[0] == 403)

# --- the token endpoint ---
code = code_of(agree())
check('no code stands in the database', place.sql(f"select count(*) from shuzhi.oidc_token where digest like '%{code[3:20]}%'") == '0')
check('another verifier: refused', token(code=code, **{**BY_CODE, 'code_verifier': 'w' * 50})[1]['error'] == 'invalid_grant')
check('which spends the code', token(code=code, **BY_CODE)[1]['error'] == 'invalid_grant')
check('another redirect_uri: refused', token(code=code_of(agree()), **{**BY_CODE, 'redirect_uri': CALLBACK + '/'})[1]['error'] == 'invalid_grant')
check('another client: refused', token(code=code_of(agree()), **{**BY_CODE, 'client_id': 'forest-rsa'})[1]['error'] == 'invalid_grant')
code = code_of(agree())
status, got = token(code=code, **{**BY_CODE, 'client_secret': 'wrong'})
check('a wrong secret: 401', status == 401 and got['error'] == 'invalid_client')
status, got = token(code=code, **{k: v for k, v in BY_CODE.items() if k != 'client_secret'})
check('no secret: 401', status == 401 and got['error'] == 'invalid_client')
basic = {'Authorization': 'Basic ' + base64.b64encode(f'forest:{SECRET}'.encode()).decode()}
check('two ways at once: refused', token(basic, code=code, **BY_CODE)[0] == 401)
place.sql("update shuzhi.oidc_token set until = now() - interval '1 second' where kind = 'code' and used is null")
check('a code past its minute: refused', token(code=code, **BY_CODE)[1]['error'] == 'invalid_grant')
code = code_of(agree(client_id='phone', scope='openid'))
status, got = token(code=code, grant_type='authorization_code', redirect_uri=CALLBACK, code_verifier=VERIFIER, client_id='phone')
check('a public client needs no secret, but the verifier', status == 200 and 'id_token' in got, got)
code, answers = code_of(agree()), []
threads = [threading.Thread(target=lambda: answers.append(token(code=code, **BY_CODE))) for _ in range(8)]
[t.start() for t in threads], [t.join() for t in threads]
good = [a for s, a in answers if s == 200]
check('a code that comes eight times at once gives tokens once', len(good) == 1 and len(answers) == 8, answers)
check('and those are withdrawn', place.client().get('/api/v1/datasets', headers={'Authorization': 'Bearer ' + good[0]['access_token']})[0] == 401)
for body in (b'', b'a=%zz', b'a=1&a=2', b'\xff=\xfe', b'grant_type=password&username=a&password=b&client_id=phone', b'&' * 10000, b'a=' + b'b' * 100000):
    status, got = place.client().call('POST', '/oauth/token', raw=body)
    check(f'a broken form ({body[:12]!r}) is refused in the words of RFC 6749', status in (400, 401) and 'error' in got, got)
status, tokens = token(code=code_of(agree()), **BY_CODE)
bearer = {'Authorization': 'Bearer ' + tokens['access_token']}
place.sql("update shuzhi.staff set is_active = false where login = 'police'")
check('a closed account: its tokens open nothing', place.client().get('/api/v1/datasets', headers=bearer)[0] == 401 and place.client().get('/oauth/userinfo', headers=bearer)[0] == 401)
check('nor are they refreshed', token(grant_type='refresh_token', refresh_token=tokens['refresh_token'], client_id='forest', client_secret=SECRET)[0] == 400)
place.sql("update shuzhi.staff set is_active = true where login = 'police'")
place.sql("update shuzhi.oidc_token set until = now() - interval '1 second' where kind = 'access'")
check('an access token past its time: 401', place.client().get('/api/v1/datasets', headers=bearer)[0] == 401)
for method, path in [('POST', '/api/v1/account/second'), ('DELETE', '/api/v1/account/second'), ('GET', '/api/v1/account/sessions'), ('POST', '/api/v1/account/password'),
                     ('POST', '/api/v1/account/passkeys/begin'), ('POST', '/api/v1/authorize/x'), ('POST', '/api/v1/delegations'), ('GET', '/api/v1/accounts')]:
    check(f'a token does not do for {method} {path}', place.client().call(method, path, {}, headers=bearer)[0] == 403)
check('a forged one: 401', place.client().get('/api/v1/datasets', headers={'Authorization': 'Bearer at.' + 'A' * 43})[0] == 401)
weather = token(grant_type='client_credentials', client_id='weather', client_secret=SECRET)[1]
check('a system sees with its own posts', place.client().get('/api/v1/batches', headers={'Authorization': 'Bearer ' + weather['access_token']})[0] == 200)
check('a system does not sign in at the desk', place.client().post('/api/v1/session', {'login': 'weather-system', 'password': PASSWORD})[0] == 401)

# --- signed tokens: sign-out takes one back ---
def part(v):
    return base64.urlsafe_b64encode(json.dumps(v).encode()).rstrip(b'=').decode()


head, body, signature = kept['id_token'].split('.')
header, claims = (json.loads(base64.urlsafe_b64decode(p + '==')) for p in (head, body))
jwks = place.client().get('/oauth/jwks')[1]['keys']
jwk = next(k for k in jwks if k['kid'] == header['kid'])
check('no private part is listed', all(not set(k) & {'d', 'p', 'q', 'dp', 'dq', 'qi'} for k in jwks), jwks)
check('key files are 0600', all(p.stat().st_mode & 0o777 == 0o600 for p in pathlib.Path(place.folder, 'var/keys').glob('*.pem')))


def hs256(key):
    signed = part({**header, 'alg': 'HS256'}) + '.' + body
    return signed + '.' + base64.urlsafe_b64encode(hmac.new(key, signed.encode(), 'sha256').digest()).rstrip(b'=').decode()


def logout(hint, **more):
    c = place.client()
    q = urllib.parse.urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': 'http://127.0.0.1:9/bye', 'state': 'x', **more})
    return c.get('/oauth/logout?' + q)


status, page = logout(kept['id_token'])
check('sign-out with an ID token of ours', status == 200 and '/sign-out?request=' in page, page)
for name, hint in [('alg none', part({**header, 'alg': 'none'}) + '.' + body + '.'), ('alg none, with the signature', part({**header, 'alg': 'none'}) + '.' + body + '.' + signature),
                   ('HS256 with the public key', hs256(json.dumps(jwk).encode())), ('HS256 with its coordinates', hs256(base64.urlsafe_b64decode(jwk['x'] + '=='))),
                   ('HS256 with nothing', hs256(b'')), ('RS256 said of an EC key', part({**header, 'alg': 'RS256'}) + '.' + body + '.' + signature),
                   ('another claim', head + '.' + part({**claims, 'aud': 'forest-rsa'}) + '.' + signature), ('a key it brings itself', part({**header, 'kid': 'x', 'jwk': jwk}) + '.' + body + '.' + signature),
                   ('a critical header', part({**header, 'crit': ['x']}) + '.' + body + '.' + signature), ('no signature', head + '.' + body + '.'),
                   ('a zero signature', head + '.' + body + '.' + 'A' * 86), ('two parts', head + '.' + body), ('four parts', kept['id_token'] + '.x'), ('no token', 'x'), ('kid in SQL', part({**header, 'kid': "' or 1=1 --"}) + '.' + body + '.' + signature)]:
    status, got = logout(hint)
    check(f'a token with {name} is refused', status == 400, got)
check('sign-out goes to registered addresses only', logout(kept['id_token'], post_logout_redirect_uri='http://evil.example/')[0] == 400)
request = page.split('request=')[1].split('"')[0]
check('not before the person is out', police.post(f'/api/v1/signed-out/{request}', {})[0] == 409)
check('a sign-out is no sign-in', police.post(f'/api/v1/authorize/{request}', {'allow': True})[0] == 400)
tokens = token(code=code_of(agree(scope='openid api')), **BY_CODE)[1]
lasting = token(code=code_of(agree()), **BY_CODE)[1]
police.call('DELETE', '/api/v1/session')
check('then it goes back', police.post(f'/api/v1/signed-out/{request}', {})[1]['redirect'] == 'http://127.0.0.1:9/bye?state=x')
check('signing out ends the tokens got in the session', place.client().get('/api/v1/datasets', headers={'Authorization': 'Bearer ' + tokens['access_token']})[0] == 401)
check('but not those of offline_access', place.client().get('/api/v1/datasets', headers={'Authorization': 'Bearer ' + lasting['access_token']})[0] == 200)

# --- the signing key is replaced while the server runs ---
old = {k['kid'] for k in jwks}
r = place.run('rotate_keys')
check('keys are replaced', r.returncode == 0, r.stderr)
now = {k['kid'] for k in place.client().get('/oauth/jwks')[1]['keys']}
check('the old keys stay listed', old < now and len(now) == 4, (old, now))
police = place.client('police')
got = token(code=code_of(agree(police)), **BY_CODE)[1]
check('new tokens carry a new key', json.loads(base64.urlsafe_b64decode(got['id_token'].split('.')[0] + '=='))['kid'] in now - old)
check('tokens of the old one are still ours', logout(kept['id_token'])[0] == 200)
place.sql("update shuzhi.signing_key set until = now() where until is not null")
check('until its day is past', logout(kept['id_token'])[0] == 400)
log = place.server_log()
check('no secret in the log', SECRET not in log and 'at.' not in log and 'rt.' not in log)
check('the server ends well', place.stop_server() == 0, place.server_log()[-3000:])
end()
