#!/usr/bin/env python3
"""Every kind of file: TSV, semicolons, UTF-16, JSON lines, GeoPackage, Shapefile in another projection; and the very large cell."""
import io, re, zipfile
from harness import *

place = Place()
civil_rows = [('330521001001B%07d' % i, '330521001001', f'德清县武康街道英溪路{i}号', 119.97 + i / 10000, 30.54 + i / 10000) for i in range(1, 21)]
HEAD = ['地址编码', '所在村社', '标准地址', '经度', '纬度']


def load(name, data, *more):
    path = pathlib.Path(place.folder) / name
    path.write_bytes(data)
    r = place.run('intake', '--quiet', *more, 'address', path)
    m = re.search(r'(\d+) rows, (\d+) new, (\d+) changed, (\d+) unchanged, (\d+) refused', r.stdout)
    return tuple(map(int, m.groups())) if m else (r.stdout + r.stderr).strip()


def table(separator):
    return '\n'.join(separator.join(map(str, r)) for r in [HEAD, *civil_rows]) + '\n'


check('CSV', load('a.csv', table(',').encode()) == (20, 20, 0, 0, 0))
UNCHANGED = (20, 0, 0, 20, 0)
for name, data in [('TSV', table('\t').encode()), ('semicolons', table(';').encode()), ('CRLF', table(',').replace('\n', '\r\n').encode()),
                   ('old Macintosh line ends', table(',').replace('\n', '\r').encode()), ('UTF-8 with a mark', b'\xef\xbb\xbf' + table(',').encode()),
                   ('UTF-16 little-endian', b'\xff\xfe' + table(',').encode('utf-16-le')), ('UTF-16 big-endian', b'\xfe\xff' + table('\t').encode('utf-16-be')),
                   ('GB18030', table(',').encode('gb18030')), ('quoted cells', '\n'.join(','.join(f'"{c}"' for c in r) for r in [HEAD, *civil_rows]).encode()),
                   ('JSON lines', '\n'.join(json.dumps(dict(zip(HEAD, r)), ensure_ascii=False) for r in civil_rows).encode()),
                   ('JSON lines with coded names', '\n'.join(json.dumps(dict(zip(['code', 'division', 'full', 'longitude', 'latitude'], r))) for r in civil_rows).encode())]:
    got = load('b.txt', data)
    check(f'{name}: the same rows', got == UNCHANGED, got)

features = {'type': 'FeatureCollection', 'features': [
    {'type': 'Feature', 'properties': dict(zip(['code', 'division', 'full'], r)), 'geometry': {'type': 'Point', 'coordinates': r[3:]}} for r in civil_rows]}
geojson = pathlib.Path(place.folder) / 'doors.geojson'
geojson.write_text(json.dumps(features, ensure_ascii=False))


def ogr(driver, name, *more):
    out = pathlib.Path(place.folder) / name
    subprocess.run(['ogr2ogr', '-f', driver, out, geojson, *more], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return out


def settled(got):
    """Coordinates that went through a projection come back within a millimetre, so as a change at most."""
    return isinstance(got, tuple) and got[0] == 20 and got[1] == got[4] == 0


got = load('doors.gpkg', ogr('GPKG', 'd.gpkg').read_bytes())
check('GeoPackage: points become longitude and latitude', settled(got), got)
got = load('doors-gk.gpkg', ogr('GPKG', 'g.gpkg', '-t_srs', 'EPSG:4549').read_bytes())
check('GeoPackage in Gauss-Kruger: brought to CGCS2000', settled(got), got)
far = place.sql("select max(abs(longitude - (119.97 + right(code, 2)::int / 10000.0)) + abs(latitude - (30.54 + right(code, 2)::int / 10000.0))) < 0.000001 from data.address")
check('to within a decimetre', far == 't')
ogr('ESRI Shapefile', 'shape', '-lco', 'ENCODING=UTF-8')
bag = io.BytesIO()
with zipfile.ZipFile(bag, 'w') as z:
    for f in (pathlib.Path(place.folder) / 'shape').iterdir():
        z.write(f, f.name)
got = load('doors.zip', bag.getvalue())
check('a Shapefile in a zip', settled(got), got)
book = ogr('XLSX', 'doors.xlsx')
got = load('doors.xlsx', book.read_bytes(), '--sheet', 'doors')
check('a workbook, by the name of its sheet', isinstance(got, tuple) and got[0] == 20 and got[4] == 0, got)
got = load('doors.xlsx', book.read_bytes(), '--sheet', 'nothing')
check('a sheet that is not there is told', isinstance(got, str) and 'sheet' in got, got)

# --- a cell of a gigabyte ---
big = pathlib.Path(place.folder) / 'big.csv'
with open(big, 'wb') as f:
    f.write(','.join(HEAD).encode() + b'\n"')
    for _ in range(1024):
        f.write(b'x' * (1 << 20))
    f.write(b'",1,2,3,4\n')
r = subprocess.run(['/usr/bin/time', '-f', '%M', BINARY, 'intake', '--quiet', 'address', big], cwd=place.folder, env=place.env,
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
peak = int(r.stderr.strip().splitlines()[-1]) // 1024
check('a cell of a gigabyte is refused in little memory', r.returncode not in (0, -9, -11) and ('cell' in r.stderr or 'quote' in r.stderr) and peak < 400, (r.returncode, peak, r.stderr[-300:]))
check('and nothing was landed', place.sql('select count(*) from data.address') == '20')
end()
