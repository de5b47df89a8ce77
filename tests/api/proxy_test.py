#!/usr/bin/env python3
"""Behind nginx with TLS, by the configuration in tools/nginx.conf: who is who, what pages carry, and that a guesser locks nobody else out."""
import re, ssl
from harness import *

if not shutil.which('nginx') and not os.path.exists('/usr/sbin/nginx'):
    skip('behind nginx', 'nginx is not installed')
    end()
NGINX = shutil.which('nginx') or '/usr/sbin/nginx'
place = Place()
with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
place.env['SHUZHI_PUBLIC_URL'] = f'https://localhost:{port}'
place.serve('--proxy', '127.0.0.1')
at = pathlib.Path(place.folder)
subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at / 'k.pem', '-out', at / 'c.pem', '-days', '2',
                '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], check=True, stderr=subprocess.DEVNULL)
conf = (ROOT / 'tools/nginx.conf').read_text()
conf = conf.replace('listen 443 ssl', f'listen 127.0.0.1:{port} ssl').replace('/etc/ssl/shuzhi.pem', str(at / 'c.pem')).replace('/etc/ssl/shuzhi.key', str(at / 'k.pem'))
conf = conf.replace('127.0.0.1:8330', f'127.0.0.1:{place.port}').replace('data.example.gov.cn', 'localhost')
(at / 'nginx.conf').write_text(f'pid {at}/nginx.pid; error_log {at}/nginx.log; events {{}} http {{ access_log off; client_body_temp_path {at}/b; proxy_temp_path {at}/p; '
                               f'fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s; {conf} }}')
nginx = subprocess.Popen([NGINX, '-p', str(at), '-c', str(at / 'nginx.conf'), '-g', 'daemon off;'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
atexit.register(nginx.kill)
trust = ssl.create_default_context(cafile=str(at / 'c.pem'))


class Outside(Client):
    def call(self, method, path, body=None, raw=None, headers=None, timeout=60):
        real = http.client.HTTPConnection
        http.client.HTTPConnection = lambda host, p, timeout: http.client.HTTPSConnection('localhost', port, timeout=timeout, context=trust)
        try:
            return super().call(method, path, body, raw, headers, timeout)
        finally:
            http.client.HTTPConnection = real


for _ in range(100):
    try:
        socket.create_connection(('127.0.0.1', port), 0.2).close()
        break
    except OSError:
        time.sleep(0.05)
c = Outside(port)
status, got = c.get('/healthz')
check('the server answers through TLS', status == 200, got)
c.sign_in('police')
check('the cookie is Secure', 'Secure' in c.headers['Set-Cookie'], c.headers.get('Set-Cookie'))
check('and bound to the host by its name', c.cookie.startswith('__Host-') and 'Path=/;' in c.headers['Set-Cookie'] and 'Domain' not in c.headers['Set-Cookie'], c.headers.get('Set-Cookie'))
check('without that name it is none', Outside(port).get('/api/v1/session', headers={'Cookie': c.cookie.replace('__Host-', '')})[0] == 401)
check('no version of the proxy is told', c.headers.get('Server', 'nginx') == 'nginx', c.headers.get('Server'))
check('answers carry HSTS too', c.get('/api/v1/session')[0] == 200 and 'max-age' in c.headers.get('Strict-Transport-Security', ''))
c.get('/')
check('pages carry HSTS and the CSP', 'max-age' in c.headers.get('Strict-Transport-Security', '') and "default-src 'self'" in c.headers.get('Content-Security-Policy', ''), c.headers)
check('the session names the client, not the proxy', place.sql("select address from shuzhi.session where login = 'police' order by created desc limit 1") == '127.0.0.1')

# Straight to the server, as the proxy would: the address it names counts; from elsewhere nothing is believed.
def guess(address, n=7):
    d = place.client()
    for _ in range(n):
        status, _ = d.post('/api/v1/session', {'login': 'civil', 'password': 'wrong'}, headers={'X-Forwarded-For': address})
    return status
check('a guesser must wait', guess('198.51.100.7') == 429)
owner = place.client()
status, got = owner.post('/api/v1/session', {'login': 'civil', 'password': PASSWORD}, headers={'X-Forwarded-For': '198.51.100.8'})
check('and the owner at another address does not', status == 200, got)
status, got = place.client().post('/api/v1/session', {'login': 'civil', 'password': PASSWORD}, headers={'X-Forwarded-For': '1.2.3.4, 198.51.100.7'})
check('what the client wrote before the proxy does not count', status == 429, got)
status, got = c.post('/api/v1/session', {'login': 'social', 'password': 'x'}, headers={'X-Forwarded-For': '203.0.113.9'})
check('nginx drops what a client claims', place.sql("select string_agg(address, ',') from shuzhi.sign_in_failure where login = 'social'") == '127.0.0.1')
for odd in ('', 'x', '1.2.3.4.5', "'; drop table", '::1' * 40):
    status, _ = place.client().get('/healthz', headers={'X-Forwarded-For': odd})
    check(f'an address that is none does no harm: {odd[:20]!r}', status == 200)
place.stop_server()
place.serve()
check('without --proxy nobody is believed', guess('198.51.100.20', 1) == 401 and
      place.sql("select count(*) from shuzhi.sign_in_failure where address = '198.51.100.20'") == '0')
nginx.kill()
end()
