#!/usr/bin/env python3
"""Rate limits by person and by address, over all routes; the share lane keeps its own."""
import threading
from harness import *

place = Place()
place.env.update(SHUZHI_RATE_PERSON='10', SHUZHI_RATE_ADDRESS='60')
place.serve()
police, civil = place.client('police'), place.client('civil')
police.load('person', persons(0, 50))
time.sleep(5)


def until_refused(c, path, most=2000, headers=None):
    for n in range(most):
        status, got = c.get(path, headers=headers)
        if status == 429:
            return n, got
    return most, None


def is_refused(c, path, **kw):
    """Soon: a fresh bucket would let ten seconds' worth through."""
    return until_refused(c, path, 80, **kw)[1] is not None


n, got = until_refused(civil, '/api/v1/session')
check('a person: a burst, then they wait', 90 <= n <= 130, n)
check('told how long, in both languages, as a problem', got['code'] == 'LIMIT' and got['status'] == 429 and 'try again in' in got['detail'] and '秒后再试' in got['detail_zh'], got)
check('with Retry-After', civil.headers['Retry-After'].isdigit() and 1 <= int(civil.headers['Retry-After']) <= 2 and civil.headers['Content-Type'] == 'application/problem+json', civil.headers)
check('another from the same address goes on', police.get('/api/v1/session')[0] == 200)
second = place.client()
second.cookie = civil.cookie
check('the same person on another connection does not', is_refused(second, '/api/v1/session'))
time.sleep(int(civil.headers.get('Retry-After', 1)) + 0.1)
check('after that long it passes', civil.get('/api/v1/session')[0] == 200)
time.sleep(9)
a, _ = until_refused(civil, '/api/v1/datasets/person/records?limit=1')
check('a search costs four times as much', 15 <= a <= 40, a)
time.sleep(9)
b, _ = until_refused(civil, '/api/v1/datasets/person/records.csv')
check('an export many times', 2 <= b <= 3, b)
check('and other requests wait for it too', until_refused(civil, '/api/v1/session')[0] < 40)
place.sql('select shuzhi.audit_unfold()')
check('what is refused for its rate fills no audit', place.sql("select count(*) from shuzhi.audit_event where who = 'civil' and result = 'denied'") == '0')

# --- by address ---
time.sleep(11)
anyone = place.client()
n, got = until_refused(anyone, '/healthz')
check('an address without a person', 550 <= n <= 900 and got['code'] == 'LIMIT', n)
check('everybody of it waits', is_refused(police, '/api/v1/session'))
check('an address named in a header is not believed', until_refused(anyone, '/healthz', 300, {'X-Forwarded-For': '192.0.2.7'})[1] is not None)
for _ in range(80):
    status, got = police.call('POST', '/api/v1/intake/person/files?name=a.csv', raw=b'x' * 100000)
    if status == 429:
        break
check('also before a file is taken', status == 429 and not list((pathlib.Path(place.folder) / 'uploads').glob('incoming*')), status)
check('pages are served', anyone.get('/')[0] in (200, 404))
time.sleep(2)
text = police.get('/metrics')[1]
refused = int(next(l for l in text.splitlines() if l.startswith('shuzhi_refused_total')).split()[1])
check('metrics count them', refused > 5, text)

# --- behind the named proxy each client is one ---
place.stop_server()
place.serve('--proxy', '127.0.0.1')
c = place.client()
n, _ = until_refused(c, '/healthz', headers={'X-Forwarded-For': '203.0.113.1, 192.0.2.1'})
check('a client behind the proxy', 550 <= n <= 900, n)
check('its own words do not make it another', is_refused(c, '/healthz', headers={'X-Forwarded-For': '203.0.113.99, 192.0.2.1'}))
check('the next client is another', c.get('/healthz', headers={'X-Forwarded-For': '192.0.2.2'})[0] == 200)
n, _ = until_refused(c, '/healthz', headers={'X-Forwarded-For': '2001:db8:7:7::1'})
check('addresses of one network of IPv6 are one client', is_refused(c, '/healthz', headers={'X-Forwarded-For': '2001:db8:7:7:9::5'}) and c.get('/healthz', headers={'X-Forwarded-For': '2001:db8:7:8::1'})[0] == 200, n)

# --- off, and the share lane ---
place.stop_server()
place.env.update(SHUZHI_RATE_PERSON='0', SHUZHI_RATE_ADDRESS='0')
place.serve()
c = place.client('police')
check('0 turns them off', until_refused(c, '/api/v1/session', 400)[1] is None)
place.stop_server()
place.env.update(SHUZHI_RATE_PERSON='1', SHUZHI_RATE_ADDRESS='1')
place.serve()
c = place.client()
codes = [c.get('/api/v1/share/1/records/x', headers={'Authorization': 'Bearer x'})[0] for _ in range(200)]
check('the share lane keeps limits of its own', 429 not in codes, set(codes))
end()
