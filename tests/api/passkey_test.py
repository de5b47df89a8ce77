#!/usr/bin/env python3
"""Passkeys, with a device made of openssl: what a browser would send, and what an attacker would."""
import base64, hashlib, struct
from harness import *


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    PORT = s.getsockname()[1]
ORIGIN = f'http://localhost:{PORT}'
place = Place()
place.env['SHUZHI_PUBLIC_URL'] = ORIGIN
place.serve('--port', str(PORT))


class Device:
    def __init__(self):
        self.file = f'{place.folder}/device-{os.urandom(4).hex()}.pem'
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', self.file], check=True, stderr=subprocess.DEVNULL)
        self.public = subprocess.run(['openssl', 'pkey', '-in', self.file, '-pubout', '-outform', 'DER'], check=True, stdout=subprocess.PIPE).stdout
        self.id, self.count = os.urandom(32), 0

    def client_data(self, kind, challenge, origin=ORIGIN, **more):
        return json.dumps({'type': kind, 'challenge': challenge, 'origin': origin, 'crossOrigin': False, **more}).encode()

    def auth_data(self, flags, host='localhost', rest=b''):
        self.count += 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack('>I', self.count) + rest

    def make(self, challenge, **change):
        rest = b'\0' * 16 + struct.pack('>H', len(self.id)) + self.id + b'\xa5'
        return {'client_data': b64(change.get('client_data') or self.client_data(change.get('kind', 'webauthn.create'), challenge, change.get('origin', ORIGIN))),
                'auth_data': b64(self.auth_data(change.get('flags', 0x45), change.get('host', 'localhost'), change.get('rest', rest))),
                'public_key': b64(change.get('public', self.public)), 'title': '手机'}

    def get(self, challenge, kind='webauthn.get', origin=ORIGIN, flags=0x05, host='localhost', **more):
        client, auth = self.client_data(kind, challenge, origin, **more), self.auth_data(flags, host)
        signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.file], input=auth + hashlib.sha256(client).digest(), stdout=subprocess.PIPE).stdout
        return {'id': b64(self.id), 'client_data': b64(client), 'auth_data': b64(auth), 'signature': b64(signature)}


police, civil = place.client('police'), place.client('civil')


def begin(who):
    return who.post('/api/v1/account/passkeys/begin')[1]['challenge']


def challenge():
    return place.client().post('/api/v1/session/passkey/begin')[1]['challenge']


def enter(body):
    c = place.client()
    status, got = c.post('/api/v1/session/passkey', body)
    return status, got, c


phone = Device()
asked = police.post('/api/v1/account/passkeys/begin')[1]
check('what a device is asked', asked['host'] == 'localhost' and asked['login'] == 'police' and asked['have'] == [], asked)
for name, change in [('another origin', {'origin': 'http://evil.example'}), ('another port', {'origin': 'http://localhost:1'}), ('another host', {'host': 'evil.example'}),
                     ('the person not verified', {'flags': 0x41}), ('nobody present', {'flags': 0x44}), ('no credential', {'flags': 0x05}), ('a signing-in instead', {'kind': 'webauthn.get'}),
                     ('a credential cut short', {'rest': b'\0' * 16 + b'\x00\xff' + b'a'}), ('no key', {'public': b''}), ('a broken key', {'public': phone.public[:-3]}), ('a key with more behind', {'public': phone.public + b'x'}),
                     ('client data that is no JSON', {'client_data': b'{'}), ('client data that is a list', {'client_data': b'[]'}), ('client data too large', {'client_data': b'{"a":"' + b'a' * 5000 + b'"}'})]:
    status, got = police.post('/api/v1/account/passkeys', phone.make(asked['challenge'], **change))
    check(f'{name}: refused', status == 400 and got['detail'], got)
check('bytes that are not base64url: refused', police.post('/api/v1/account/passkeys', {**phone.make(asked['challenge']), 'auth_data': '+++'})[0] == 400)
check('another person\'s challenge: refused', civil.post('/api/v1/account/passkeys', phone.make(asked['challenge']))[0] == 400)
made = phone.make(asked['challenge'])
check('the passkey is kept', police.post('/api/v1/account/passkeys', made)[0] == 201)
check('its challenge counts once', police.post('/api/v1/account/passkeys', made)[0] == 400)
check('the same device once', civil.post('/api/v1/account/passkeys', phone.make(begin(civil)))[0] == 409)
check('it is listed', [p['title'] for p in police.get('/api/v1/account/passkeys')[1]['passkeys']] == ['手机'])
check('for its owner only', civil.get('/api/v1/account/passkeys')[1]['passkeys'] == [])
status, got, c = enter(phone.get(challenge()))
check('signing in with it', status == 200 and got['user']['login'] == 'police' and c.get('/api/v1/session')[0] == 200, got)
check('is two factors', place.sql("select bool_or(has_second) from shuzhi.session where login = 'police'") == 't')
used = phone.get(challenge())
check('once more', enter(used)[0] == 200)
check('what was sent does not count again', enter(used)[0] == 400)
for name, change in [('another origin', {'origin': 'http://evil.example'}), ('another host', {'host': 'evil.example'}), ('the person not verified', {'flags': 0x01}), ('nobody present', {'flags': 0x04}),
                     ('an enrolment instead', {'kind': 'webauthn.create'}), ('inside another site', {'crossOrigin': True})]:
    status, got, _ = enter(phone.get(challenge(), **change))
    check(f'signing in, {name}: refused', status == 400, got)
check('a challenge that was made up: refused', enter(phone.get(b64(os.urandom(32))))[0] == 400)
check('a challenge made for enrolment: refused', enter(phone.get(begin(police)))[0] == 400)
stranger = Device()
stranger.id, stranger.count = phone.id, 1000
check('another device with the same id: refused', enter(stranger.get(challenge()))[0] == 401)
check('a device not known here: refused', enter(Device().get(challenge()))[0] == 401)
body = phone.get(challenge())
for name, change in [('a signature changed', {'signature': b64(base64.urlsafe_b64decode(body['signature'] + '==')[:-1] + b'\0')}), ('no signature', {'signature': ''}), ('a long one', {'signature': 'A' * 4000}),
                     ('a signature of other bytes', {'signature': phone.get(challenge())['signature']}), ('no id', {'id': ''}), ('SQL for an id', {'id': "' or 1=1 --"}), ('U+0000', {'id': '\0'}), ('a number', {'id': 7})]:
    status, got, c = enter({**body, **change})
    check(f'{name}: refused', status in (400, 401) and not c.cookie, got)
phone.count = 2
check('a counter that went back tells of a copy: refused', enter(phone.get(challenge()))[0] == 401)
phone.count = 5000
place.sql("update shuzhi.passkey_challenge set at = now() - interval '6 minutes'")
late = challenge()
place.sql("update shuzhi.passkey_challenge set at = now() - interval '6 minutes'")
check('a challenge past its minutes: refused', enter(phone.get(late))[0] == 400)
place.sql("update shuzhi.staff set is_active = false where login = 'police'")
check('a closed account: refused', enter(phone.get(challenge()))[0] == 401)
place.sql("update shuzhi.staff set is_active = true where login = 'police'")
police = place.client('police')
check('nobody removes another\'s', civil.call('DELETE', '/api/v1/account/passkeys/' + b64(phone.id))[0] == 404)
check('a new passkey is told to its owner', place.sql("select count(*) from shuzhi.message where title->>'en' like 'A passkey was added%'") != '0')
check('its owner does', police.call('DELETE', '/api/v1/account/passkeys/' + b64(phone.id))[0] in (200, 204) and enter(phone.get(challenge()))[0] == 401)
check('the server ends well', place.stop_server() == 0, place.server_log()[-3000:])
end()
