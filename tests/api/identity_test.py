#!/usr/bin/env python3
"""Signing in, sessions, CSRF, and what a server must withstand from outside."""
import re
from harness import *

place = Place().serve()
anyone = place.client()
status, got = anyone.post('/api/v1/session', {'login': 'police', 'password': 'wrong'})
check('a wrong password is refused', status == 401 and 'csrf' not in got, got)
status, other = anyone.post('/api/v1/session', {'login': 'nobody', 'password': 'wrong'})
check('an unknown account is refused in the same words', status == 401 and other == got)
police = place.client('police')
check('the cookie is HttpOnly and SameSite', 'HttpOnly' in police.headers.get('Set-Cookie', '') and 'SameSite=Strict' in police.headers['Set-Cookie'])
check('no token stands in the database', police.cookie.split('=')[1] not in place.sql('select string_agg(token_digest, \',\') from shuzhi.session'))
check('passwords are Argon2id', place.sql("select bool_and(password like '$argon2id$%') from shuzhi.staff") == 't')
check('without a session: 401', anyone.get('/api/v1/datasets')[0] == 401)
csrf, police.csrf = police.csrf, None
check('no CSRF token: 403', police.post('/api/v1/requests', {})[0] == 403)
police.csrf = csrf[:-1] + 'A'
check('a wrong CSRF token: 403', police.post('/api/v1/requests', {})[0] == 403)
police.csrf = csrf
check('a forged cookie: 401', place.client().get('/api/v1/session', headers={'Cookie': 'shuzhi_session=' + 'A' * 43})[0] == 401)
for _ in range(6):
    status, got = anyone.post('/api/v1/session', {'login': 'civil', 'password': 'guess'})
check('a guesser must wait', status == 429, got)
place.sql("update shuzhi.sign_in_failure set address = '10.9.9.9'")
check('which does not lock the owner out elsewhere', place.client('civil').get('/api/v1/session')[0] == 200)
place.sql("update shuzhi.session set last_seen = now() - interval '31 minutes' where login = 'police'")
check('half an hour of silence ends a session', police.get('/api/v1/session')[0] == 401)
police = place.client('police')
place.sql("update shuzhi.session set created = now() - interval '12 hours 1 minute' where login = 'police'")
check('twelve hours end a session that is in use', police.get('/api/v1/session')[0] == 401)
police = place.client('police')
check('signing out ends it', police.call('DELETE', '/api/v1/session')[0] == 204 and police.get('/api/v1/session')[0] == 401)
police = place.client('police')
place.sql("update shuzhi.staff set is_active = false where login = 'police'")
check('a closed account is out at once', police.get('/api/v1/session')[0] == 401)
place.sql("update shuzhi.staff set is_active = true where login = 'police'")

# --- headers ---
police = place.client('police')
police.get('/')
check('pages carry a strict CSP', "default-src 'self'" in police.headers.get('Content-Security-Policy', '') and 'unsafe-eval' not in police.headers['Content-Security-Policy'])
check('and may not be framed or sniffed', police.headers.get('X-Frame-Options') == 'DENY' and police.headers.get('X-Content-Type-Options') == 'nosniff')
police.get('/api/v1/session')
check('answers are not kept by caches', police.headers.get('Cache-Control') == 'no-store')
check('an answer is shown by nobody as a page', "default-src 'none'; frame-ancestors 'none'" == police.headers.get('Content-Security-Policy') and
      police.headers.get('Referrer-Policy') == 'no-referrer' and police.headers.get('X-Frame-Options') == 'DENY' and police.headers.get('X-Content-Type-Options') == 'nosniff'
      and police.headers.get('Content-Disposition', '').startswith('attachment'), police.headers)
police.get('/api/v1/session', headers={'Origin': 'https://elsewhere.example'})
check('no other site may read an answer', not any(h.lower().startswith('access-control') for h in police.headers), police.headers)
for method in ('TRACE', 'PUT', 'CONNECT', 'PATCH'):
    check(f'{method} is no method here', place.client().call(method, '/api/v1/session')[0] in (400, 404, 405))
check('no version of a part is told', 'Server' not in police.headers and 'X-Powered-By' not in police.headers, police.headers)
check('no path leaves the web folder', all('root:' not in str(place.client().get(p)[1]) for p in ('/../../../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/..%2f..%2fapp.yaml')))


# --- attack on the wire ---
def raw(data, wait=5):
    s = socket.create_connection(('127.0.0.1', place.port), timeout=wait)
    try:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        got = b''
        while True:
            piece = s.recv(65536)
            if not piece:
                return got
            got += piece
    except OSError:
        return b''
    finally:
        s.close()


def alive():
    return place.client().get('/healthz')[0] == 200


for name, data in [('garbage', b'\x00\x01\x02\xff' * 500), ('a head too large', b'GET / HTTP/1.1\r\nHost: x\r\nA: ' + b'a' * 200000 + b'\r\n\r\n'),
                   ('many headers', b'GET / HTTP/1.1\r\nHost: x\r\n' + b'A: b\r\n' * 50000 + b'\r\n'),
                   ('a path of a megabyte', b'GET /' + b'a' * 1000000 + b' HTTP/1.1\r\nHost: x\r\n\r\n'),
                   ('a negative length', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n'),
                   ('a length that overflows', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n'),
                   ('a body past the limit', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n' + b'x' * 8000000),
                   ('a bad chunk', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n'),
                   ('a body cut short', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"login"')]:
    answer = raw(data)
    check(f'{name}: no harm', alive() and b' 200 ' not in answer[:20], answer[:100])
for name, path in [('a query that is not UTF-8', '/api/v1/datasets?q=%ff%fe'), ('a bad escape', '/api/v1/datasets/%zz'), ('U+0000', '/api/v1/datasets?q=a%00b'),
                   ('limit of words', '/api/v1/datasets/person/records?limit=ten'), ('limit too large', '/api/v1/datasets/person/records?limit=100000'),
                   ('a bad after', '/api/v1/audit?after=x')]:
    status, got = police.get(path)
    check(f'{name}: {status} with words', status in (400, 404) and got['detail'], got)
for value in ("' or 1=1 --", '"; drop table data.person; --', "\\'; select pg_sleep(9)--", '$$', '%', '_', '\u202e', '😀' * 50):
    q = urllib.parse.quote(value)
    got = [police.get(f'/api/v1/datasets/person/records?q={q}'), police.get(f'/api/v1/datasets/person/records?name={q}'),
           police.get(f'/api/v1/datasets/person/records/{q}'), police.get(f'/api/v1/audit?who={q}'), police.get(f'/api/v1/batches?state={q}'),
           police.get(f'/api/v1/datasets/{q}'), police.post('/api/v1/session', {'login': value, 'password': value})]
    check(f'SQL in every text: {value[:20]!r}', all(s in (200, 400, 401, 403, 404, 429) for s, _ in got) and alive(), got)
for body in (b'[' * 100000, b'{"login":' + b'"a' * 100 + b'}', b'\xff\xfe', b'{"login":null,"password":[]}', b'{"login":"\\ud800","password":""}', b''):
    status, got = place.client().call('POST', '/api/v1/session', raw=body)
    check(f'a broken body ({body[:12]!r}): 400 with words', status == 400 and got['detail'], got)

# --- a fault inside ---
police = place.client('police')
place.sql('alter table shuzhi.message rename to message_gone')
status, got = police.get('/api/v1/home')
place.sql('alter table shuzhi.message_gone rename to message')
number = re.search(r'number (\S+) in', got['detail'])
check('a fault inside tells its number and no more', status == 500 and number and 'message' not in json.dumps(got), got)
check('the log has it under that number', number and number[1] in place.server_log() and 'shuzhi.message' in place.server_log())
check('and the next answer is right', police.get('/api/v1/home')[0] == 200)

# --- slow clients do not hold up others ---
slow = [socket.create_connection(('127.0.0.1', place.port)) for _ in range(200)]
for s in slow:
    s.sendall(b'GET /api/v1/datasets HTTP/1.1\r\nHost: x\r\nX: ')
began = time.time()
check('two hundred slow clients do not hold up another', alive() and time.time() - began < 2)
for s in slow:
    s.close()
gone = socket.create_connection(('127.0.0.1', place.port))
gone.sendall(b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 45\r\n\r\n{"login":"police","password":"deqing-2026"}  ')
gone.close()
check('a client that vanished does no harm', alive())
check('the server ends in peace', place.stop_server() == 0, place.server_log()[-2000:])
end()
