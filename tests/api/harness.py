"""A private cluster, a real server, clients.  TAP on standard output.

Everything lives in a temporary folder and ends with the test.  SHUZHI_BINARY names the binary
(an ASan build in ./test), default build/shuzhi.
"""
import atexit, http.client, json, os, pathlib, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get('SHUZHI_BINARY', str(ROOT / 'build/shuzhi'))
PASSWORD = 'deqing-2026'
_count = 0
failed = 0


def check(name, claim, more=''):
    global _count, failed
    _count += 1
    print(f"{'ok' if claim else 'not ok'} {_count} - {name}", flush=True)
    if not claim:
        failed += 1
        if more != '':
            print(f'# {str(more)[:1500]}', flush=True)
    return claim


def skip(name, why):
    global _count
    _count += 1
    print(f'ok {_count} - {name} # SKIP {why}', flush=True)


def end():
    print(f'1..{_count}')
    sys.exit(failed != 0)


def shared(*path):
    """A file of the shared folder beside the project, or None."""
    base = pathlib.Path(os.environ.get('SHUZHI_SHARED', ROOT.parent / 'shared'))
    p = base.joinpath(*path)
    return p if p.exists() else None


class Place:
    """Cluster and database in a temporary folder."""

    def __init__(self, packages=('county/deqing', 'apps/*'), options=''):
        self.server = None
        self.folder = tempfile.mkdtemp(prefix='shuzhi-test-')
        os.chmod(self.folder, 0o755)
        atexit.register(self.stop)
        self.env = dict(os.environ, SHUZHI_SHARED_BUFFERS='64MB', SHUZHI_POSTGRES_OPTIONS=options)
        self.env['SHUZHI_DATABASE_URL'] = self.start_cluster()
        folders = [str(q) for p in packages for q in sorted(ROOT.glob(p))]
        r = self.run('apply', *folders)
        if r.returncode:
            sys.exit(f'apply failed: {r.stdout[-500:]} {r.stderr}')

    def start_cluster(self):
        return subprocess.run([ROOT / 'tools/cluster', 'start', self.folder + '/db'], check=True, env=self.env,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def run(self, *args, **kw):
        kw.setdefault('timeout', 300)
        return subprocess.run([BINARY, *map(str, args)], cwd=self.folder, env=self.env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)

    def sql(self, text):
        r = subprocess.run(['psql', self.env['SHUZHI_DATABASE_URL'], '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if r.returncode:
            raise RuntimeError(r.stderr)
        return r.stdout.strip()

    def serve(self, *more):
        self.log = open(self.folder + '/serve.log', 'ab')
        self.server = subprocess.Popen([BINARY, 'serve', '--port', '0', '--uploads', self.folder + '/uploads',
                                        '--web', str(ROOT / 'web/dist'), *more], cwd=self.folder, env=self.env,
                                       stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.server.stdout.readline()
        if not line.startswith('http'):
            sys.exit('the server did not start: ' + open(self.folder + '/serve.log').read()[-3000:])
        self.port = int(line.strip().rsplit(':', 1)[1])
        return self

    def stop_server(self, how=signal.SIGINT):
        if self.server:
            self.server.send_signal(how)
            code = self.server.wait(timeout=60)
            self.server = None
            return code

    def server_log(self):
        return open(self.folder + '/serve.log').read()

    def stop(self):
        if self.server:
            self.server.kill()
            self.server.wait()
        subprocess.run([ROOT / 'tools/cluster', 'stop', self.folder + '/db'], env=self.env)
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, login=None):
        c = Client(self.port)
        return c.sign_in(login) if login else c


class Client:
    def __init__(self, port):
        self.port, self.cookie, self.csrf = port, None, None

    def call(self, method, path, body=None, raw=None, headers=None, timeout=60):
        """(status, JSON or text)"""
        h = dict(headers or {})
        if self.cookie:
            h.setdefault('Cookie', self.cookie)
        if self.csrf:
            h.setdefault('X-CSRF-Token', self.csrf)
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        try:
            c.request(method, path, data, h)
            r = c.getresponse()
            text = r.read()
            self.headers = dict(r.getheaders())
            cookie = r.getheader('Set-Cookie')
            if cookie:
                self.cookie = cookie.split(';')[0]
            try:
                return r.status, json.loads(text) if text else None
            except ValueError:
                return r.status, text.decode(errors='replace')
        finally:
            c.close()

    def get(self, path, **kw):
        return self.call('GET', path, **kw)

    def post(self, path, body=None, **kw):
        return self.call('POST', path, body if body is not None else {}, **kw)

    def sign_in(self, login, password=PASSWORD):
        status, got = self.call('POST', '/api/v1/session', {'login': login, 'password': password})
        if status != 200:
            raise RuntimeError(f'sign-in of {login}: {status} {got}')
        self.csrf = got['csrf']
        return self

    def load(self, dataset, data, name='file.csv', columns=None, wait=True, corrects=None):
        """Uploads and runs a file; the batch as it ended."""
        path = f'/api/v1/intake/{dataset}/files?name={urllib.parse.quote(name)}'
        if corrects:
            path += f'&corrects={corrects}'
        status, up = self.call('POST', path, raw=data if isinstance(data, bytes) else data.encode())
        if status != 201:
            return status, up
        batch = up['batch']['id']
        columns = columns or [c['field'] for c in up['columns']]
        status, got = self.post(f'/api/v1/batches/{batch}/start', {'columns': columns})
        if status != 202 or not wait:
            return status, got
        return self.wait(batch)

    def wait(self, batch, seconds=60):
        for _ in range(seconds * 20):
            status, got = self.get(f'/api/v1/batches/{batch}')
            if status != 200 or got['state'] in ('done', 'failed', 'cancelled'):
                return status, got
            time.sleep(0.05)
        return status, got


def id_number(area, born, serial):
    """A resident identity number with its check digit: GB 11643."""
    body = f'{area}{born}{serial:03d}'
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + '10X98765432'[sum(int(a) * b for a, b in zip(body, weights)) % 11]


PERSON_HEAD = '身份证号,姓名,性别,出生日期,居住村社,户籍性质,手机号码,居住地址\n'


def person_row(n, **change):
    """One good row; change overrides cells by header."""
    serial = n % 1000
    born = 19400101 + (n // 1000) % 28 + 10000 * ((n // 28000) % 60)
    row = {'身份证号': id_number('330521', born, serial), '姓名': f'张{chr(0x4e00 + n % 2000)}',
           '性别': '1' if serial % 2 else '2', '出生日期': f'{str(born)[:4]}-{str(born)[4:6]}-{str(born)[6:]}',
           '居住村社': '330521001001', '户籍性质': '1', '手机号码': f'138{n:08d}', '居住地址': f'武康街道英溪路{n}号'}
    row.update(change)
    return ','.join(row.values()) + '\n'


def persons(first, n):
    return PERSON_HEAD + ''.join(person_row(i) for i in range(first, first + n))
