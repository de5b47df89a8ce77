#!/usr/bin/env python3
"""A second Shuzhi as the province's login: people sign in there and come in here, and nobody else does."""
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from harness import *

SECRET = 'the-county-at-the-province'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def county(place, **files):
    base = pathlib.Path(place.folder)
    shutil.copytree(ROOT / 'county/deqing', base / 'county/deqing')
    shutil.copytree(ROOT / 'apps', base / 'apps')
    for name, text in files.items():
        (base / f'county/deqing/{name}.yaml').write_text(text)
    r = place.run('apply', str(base / 'county/deqing'), *sorted(map(str, (base / 'apps').glob('*'))))
    check('packages are put in force', r.returncode == 0, r.stderr)


PORT, LIAR = free_port(), free_port()
here = f'http://127.0.0.1:{PORT}'
province, place = Place(), Place()
digest = subprocess.run(['openssl', 'dgst', '-sm3'], input=SECRET.encode(), stdout=subprocess.PIPE).stdout.decode().split()[-1]
county(province, clients=f'''clients:
  - {{id: county-a, title: {{zh: 德清, en: Deqing}}, secret_digest: {digest}, redirect_uris: ["{here}/oauth/outside/province/callback"], scopes: [openid, profile], consent: false}}
''')
province.serve()
there = f'http://127.0.0.1:{province.port}'
county(place, providers=f'''providers:
  - {{id: province, title: {{zh: 浙里办, en: Provincial login}}, issuer: "{there}", client_id: county-a, claim: preferred_username, account: login}}
  - {{id: away, title: {{zh: 不在, en: Away}}, issuer: "http://127.0.0.1:1", client_id: x, claim: sub, account: login}}
  - {{id: liar, title: {{zh: 骗子, en: Liar}}, issuer: "http://127.0.0.1:{LIAR}", client_id: county-a, claim: preferred_username, account: login}}
''')
keys = pathlib.Path(place.folder, 'var/keys')
keys.mkdir(parents=True, mode=0o700)
for name in ('province', 'liar'):
    (keys / f'provider-{name}.secret').write_text(SECRET + '\n')
    (keys / f'provider-{name}.secret').chmod(0o600)
place.env['SHUZHI_PUBLIC_URL'] = here
place.serve('--port', str(PORT))


class Browser:
    def __init__(self, login='police'):
        self.here, self.there = place.client(), province.client(login)

    def begin(self, provider='province'):
        status, got = self.here.get(f'/oauth/outside/{provider}')
        self.address = self.here.headers.get('Location', '')
        return status, got

    def at_province(self, address=None):
        """What the province answers: the path of the callback."""
        u = urllib.parse.urlparse(address or self.address)
        page = self.there.get(f'{u.path}?{u.query}')[1]
        got = self.there.post('/api/v1/authorize/' + page.split('request=')[1].split('"')[0], {'allow': True})[1]
        return got['redirect'].split(here)[1]

    def back(self, path):
        before = self.here.cookie
        status, got = self.here.get(path)
        return status, got, self.here.cookie if self.here.cookie != before else None


def query(path, **change):
    u = urllib.parse.urlparse(path)
    q = dict(urllib.parse.parse_qsl(u.query))
    q.update(change)
    return u.path + '?' + urllib.parse.urlencode({k: v for k, v in q.items() if v is not None})


check('the sign-in page learns which there are', [p['id'] for p in place.client().get('/api/v1/session/providers')[1]['providers']] == ['province', 'away', 'liar'])
b = Browser()
status, _ = b.begin()
check('it sends to the province, with PKCE, state and nonce', status == 303 and b.address.startswith(there + '/oauth/authorize?') and all(w in b.address for w in ('code_challenge=', 'state=', 'nonce=')), b.address)
path = b.at_province()
status, page, cookie = b.back(path)
check('who comes back is in', status == 200 and cookie and cookie.startswith('shuzhi_session=') and b.here.get('/api/v1/session')[1]['user']['login'] == 'police', (status, page, place.server_log()[-500:]))
check('the answer counts once', b.back(path)[0] == 400)

b = Browser()
b.begin()
path = b.at_province()
thief = Browser()
thief.begin()
check('in another browser it opens nothing', thief.back(path)[0] == 400 and thief.back(path)[2] is None)
check('nor without one', place.client().get(path)[0] == 400)
check('with another state: refused', b.back(query(path, state='x'))[0] == 400)
check('for another provider: refused', b.back(path.replace('/province/', '/liar/'))[0] == 400)
check('from another issuer (RFC 9207): refused', b.back(query(path, iss='http://evil.example'))[0] == 401)
b = Browser()
b.begin()
check('a made-up code: refused', b.back(query(b.at_province(), code='ct.' + 'A' * 43))[0] == 503)
b = Browser()
b.begin()
other = Browser('civil')
other.begin()
check('somebody else\'s code with my state: refused, PKCE', b.back(query(b.at_province(), code=dict(urllib.parse.parse_qsl(urllib.parse.urlparse(other.at_province()).query))['code']))[0] == 503)
b = Browser()
b.begin()
path = b.at_province()
place.sql("update shuzhi.outside_request set at = now() - interval '11 minutes'")
check('past its minutes: refused', b.back(path)[0] == 400)
b = Browser()
b.begin()
path = b.at_province()
place.sql("update shuzhi.staff set is_active = false where login = 'police'")
check('no account here: told so', b.back(path)[0] == 401)
place.sql("update shuzhi.staff set is_active = true where login = 'police'")
place.sql("update shuzhi.post set roles = '{account-manager}' where login = 'civil'")
b = Browser('civil')
b.begin()
check('a role that demands two factors, and the province saw one: refused', b.back(b.at_province())[0] == 403)
check('a provider that is away: told so', Browser().begin('away')[0] == 503)
check('a provider that is none: 404', Browser().begin('nobody')[0] == 404)

# --- a provider that lies: the province's tokens, and tokens of its own making ---
state = {}


class Liar(BaseHTTPRequestHandler):
    def log_message(self, *a):
        pass

    def answer(self, v):
        body = v if isinstance(v, bytes) else json.dumps(v).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        url = f'http://127.0.0.1:{LIAR}'
        if 'openid-configuration' in self.path:
            self.answer(state.get('about') or {'issuer': url, 'authorization_endpoint': url + '/a', 'token_endpoint': url + '/t', 'jwks_uri': there + '/oauth/jwks'})

    def do_POST(self):
        self.rfile.read(int(self.headers['Content-Length']))
        self.answer(state['token'])


liar = HTTPServer(('127.0.0.1', LIAR), Liar)
threading.Thread(target=liar.serve_forever, daemon=True).start()


def lie(answer, about=None):
    state.update(token=answer, about=about)
    b = Browser()
    status, got = b.begin('liar')
    if status != 303:
        return status
    return b.back('/oauth/outside/liar/callback?code=x&state=' + dict(urllib.parse.parse_qsl(urllib.parse.urlparse(b.address).query))['state'])[0]


def real_token():
    """An ID token of the province for this county."""
    c = province.client('police')
    verifier = 'v' * 50
    challenge = subprocess.run('printf %s ' + verifier + ' | openssl dgst -sha256 -binary | base64 | tr +/ -_ | tr -d =', shell=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    back = here + '/oauth/outside/province/callback'
    page = c.get('/oauth/authorize?' + urllib.parse.urlencode({'client_id': 'county-a', 'redirect_uri': back, 'response_type': 'code', 'scope': 'openid profile', 'code_challenge': challenge, 'code_challenge_method': 'S256'}))[1]
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(c.post('/api/v1/authorize/' + page.split('request=')[1].split('"')[0], {'allow': True})[1]['redirect']).query))['code']
    raw = urllib.parse.urlencode({'grant_type': 'authorization_code', 'code': code, 'redirect_uri': back, 'code_verifier': verifier, 'client_id': 'county-a', 'client_secret': SECRET}).encode()
    return c.call('POST', '/oauth/token', raw=raw)[1]['id_token']


token = real_token()
head, claims, signature = token.split('.')
check('the province\'s own token from another issuer: refused', lie({'id_token': token}) in (400, 401))
for name, answer in [('no token', {}), ('alg none', {'id_token': 'eyJhbGciOiJub25lIn0.' + claims + '.'}), ('a signature changed', {'id_token': head + '.' + claims + '.' + 'A' * len(signature)}),
                     ('not JSON', b'<html>'), ('a list', []), ('two megabytes', b'{"id_token":"' + b'a' * (2 << 20) + b'"}')]:
    status = lie(answer)
    check(f'{name}: refused', status in (400, 401, 503), status)
check('a provider that says it is another: refused', lie({}, {'issuer': there, 'authorization_endpoint': there}) == 503)
check('one that points to a file: refused', lie({'id_token': token}, {'issuer': f'http://127.0.0.1:{LIAR}', 'authorization_endpoint': f'http://127.0.0.1:{LIAR}/a', 'token_endpoint': 'file:///etc/passwd', 'jwks_uri': 'file:///etc/passwd'}) == 400)
check('one that points inside by http: refused', lie({'id_token': token}, {'issuer': f'http://127.0.0.1:{LIAR}', 'authorization_endpoint': f'http://127.0.0.1:{LIAR}/a', 'token_endpoint': 'http://10.0.0.1/', 'jwks_uri': 'x'}) == 400)
liar.shutdown()
(keys / 'provider-province.secret').chmod(0o644)
b = Browser()
b.begin()
check('a secret that others may read is not used', b.back(b.at_province())[0] == 503)
check('no secret in the log', SECRET not in place.server_log() + province.server_log())
check('both servers end well', place.stop_server() == 0 and province.stop_server() == 0, place.server_log()[-3000:])
end()
