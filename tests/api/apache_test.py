#!/usr/bin/env python3
"""Apache's mod_auth_openidc, as another system of the county would run it: sign-in, rights by claim, bearer tokens, sign-out."""
from harness import *

MODULE = pathlib.Path('/usr/lib/apache2/modules/mod_auth_openidc.so')
if not MODULE.exists():
    sys.exit('libapache2-mod-auth-openidc is not installed: tools/setup test')
SECRET = 'the-secret-of-the-archive'
with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    APACHE = s.getsockname()[1]
site = f'http://127.0.0.1:{APACHE}'
place = Place()
base = pathlib.Path(place.folder)
shutil.copytree(ROOT / 'county/deqing', base / 'county/deqing')
shutil.copytree(ROOT / 'apps', base / 'apps')
digest = subprocess.run(['openssl', 'dgst', '-sm3'], input=SECRET.encode(), stdout=subprocess.PIPE).stdout.decode().split()[-1]
(base / 'county/deqing/clients.yaml').write_text(f'''clients:
  - id: archive
    title: {{zh: 档案系统, en: Archive}}
    secret_digest: {digest}
    redirect_uris: ["{site}/staff/callback"]
    logout_uris: ["{site}/bye"]
    scopes: [openid, profile, organisation, api]
    account: archive-system
''')
with open(base / 'county/deqing/county.yaml', 'a') as f:
    f.write('  - {login: archive-system, kind: system, password: deqing-2026, name: {zh: 档案, en: Archive}, organisation: 330521-gaj, roles: [clerk]}\n')
r = place.run('apply', str(base / 'county/deqing'), *sorted(map(str, (base / 'apps').glob('*'))))
check('the client is put in force', r.returncode == 0, r.stderr)
place.serve()
url = f'http://127.0.0.1:{place.port}'
web = base / 'apache'
AS = 'User www-data\nGroup www-data' if os.getuid() == 0 else '' # else as who runs the test
(web / 'www/staff').mkdir(parents=True)
(web / 'www/api').mkdir()
(web / 'www/staff/index.html').write_text('the archive')
(web / 'www/api/index.html').write_text('by token')
(web / 'www/bye').write_text('bye')
modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc', 'headers', 'dir', 'mime', 'unixd']
(web / 'apache.conf').write_text('\n'.join(
    f'LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so' for m in modules if (MODULE.parent / f'mod_{m}.so').exists()) + f'''
ServerName 127.0.0.1
Listen 127.0.0.1:{APACHE}
ServerRoot {web}
DefaultRuntimeDir {web}
PidFile {web}/pid
ErrorLog {web}/error.log
Mutex file:{web} default
{AS}
DocumentRoot {web}/www
TypesConfig /dev/null
DirectoryIndex index.html
OIDCProviderMetadataURL {url}/.well-known/openid-configuration
OIDCClientID archive
OIDCClientSecret {SECRET}
OIDCRedirectURI {site}/staff/callback
OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef
OIDCScope "openid profile organisation"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRemoteUserClaim preferred_username
OIDCOAuthClientID archive
OIDCOAuthClientSecret {SECRET}
OIDCOAuthServerMetadataURL {url}/.well-known/openid-configuration
OIDCOAuthIntrospectionEndpointAuth client_secret_basic
OIDCOAuthRemoteUserClaim sub
<Location /staff>
  AuthType openid-connect
  Require claim organisation:330521-gaj
  Header always set X-User "expr=%{{REMOTE_USER}}"
</Location>
<Location /api>
  AuthType oauth20
  Require claim client_id:archive
</Location>
''')
os.chmod(web, 0o777)
apache = subprocess.Popen(['/usr/sbin/apache2', '-f', str(web / 'apache.conf'), '-DFOREGROUND'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
atexit.register(lambda: (apache.terminate(), apache.wait()))


def log():
    file = web / 'error.log'
    return file.read_text()[-1200:] if file.exists() else ''


class Browser:
    """Follows nothing by itself; keeps the cookies of Apache."""

    def __init__(self):
        self.jar = {}

    def get(self, address, **headers):
        headers.setdefault('Accept', 'text/html')
        u = urllib.parse.urlparse(address)
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=30)
        if u.port == APACHE and self.jar:
            headers['Cookie'] = '; '.join(f'{k}={v}' for k, v in self.jar.items())
        c.request('GET', (u.path or '/') + ('?' + u.query if u.query else ''), headers=headers)
        r = c.getresponse()
        text = r.read().decode(errors='replace')
        for k, v in r.getheaders():
            if k.lower() == 'set-cookie':
                name, value = v.split(';')[0].split('=', 1)
                self.jar[name] = value
        self.headers = dict(r.getheaders())
        c.close()
        return r.status, text, r.getheader('Location') or ''


for _ in range(100):
    try:
        socket.create_connection(('127.0.0.1', APACHE)).close()
        break
    except OSError:
        if apache.poll() is not None:
            sys.exit('apache did not start: ' + apache.stdout.read() + log())
        time.sleep(0.1)


def sign_in(login, browser):
    person = place.client(login)
    status, _, location = browser.get(site + '/staff/')
    check(f'{login}: Apache sends to the county', status == 302 and location.startswith(url + '/oauth/authorize?') and 'code_challenge=' in location, (status, location, log()))
    page = browser.get(location)[1]
    request = page.split('request=')[1].split('"')[0]
    status, got = person.post(f'/api/v1/authorize/{request}', {'allow': True})
    back = browser.get(got['redirect'])
    check(f'{login}: and takes what comes back', back[0] == 302 and back[2] == site + '/staff/', (back, log()))
    return got['redirect']


police = Browser()
callback = sign_in('police', police)
status, text, _ = police.get(site + '/staff/')
check('the page opens, by the login', status == 200 and text == 'the archive' and police.headers.get('X-User') == 'police', (status, text, police.headers, log()))
civil = Browser()
sign_in('civil', civil)
check('another organisation is known and refused', civil.get(site + '/staff/')[0] in (401, 403), log())
stranger = Browser()
check('an answer taken by another browser opens nothing', stranger.get(callback)[0] >= 400 and stranger.get(site + '/staff/')[0] == 302)
raw = urllib.parse.urlencode({'grant_type': 'client_credentials', 'client_id': 'archive', 'client_secret': SECRET}).encode()
token = place.client().call('POST', '/oauth/token', raw=raw)[1]['access_token']
status, text, _ = Browser().get(site + '/api/', Authorization='Bearer ' + token)
check('Apache asks the county about an access token', status == 200 and text == 'by token', (status, text, log()))
check('and refuses a forged one', Browser().get(site + '/api/', Authorization='Bearer at.' + 'A' * 43)[0] == 401)
status, _, location = police.get(site + '/staff/callback?logout=' + urllib.parse.quote(site + '/bye', safe=''))
check('signing out at Apache goes to the county', status == 302 and location.startswith(url + '/oauth/logout?') and 'id_token_hint=' in location, (status, location, log()))
status, page, _ = police.get(location)
check('which takes it', status == 200 and '/sign-out?request=' in page, page)
check('and Apache has let go', police.get(site + '/staff/')[0] == 302)
check('the server ends well', place.stop_server() == 0, place.server_log()[-3000:])
end()
