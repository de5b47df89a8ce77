#!/usr/bin/env python3
"""The list of parts names every library the server loads and every npm package the front end is built from."""
import re
from harness import *

r = subprocess.run([ROOT / 'tools/sbom', BINARY], stdout=subprocess.PIPE, text=True)
bom = json.loads(r.stdout)
purls = [c['purl'] for c in bom['components']]
check('it is CycloneDX', bom['bomFormat'] == 'CycloneDX' and bom['specVersion'] == '1.5' and len(set(purls)) == len(purls))
named = {c['name'] for c in bom['components']}
loaded = {m.split('.so')[0] for m in re.findall(r'^\s*(lib\S+)\.so', subprocess.run(['ldd', BINARY], stdout=subprocess.PIPE, text=True).stdout, re.M)}
few = {'libpq': 'libpq5', 'libmicrohttpd': 'libmicrohttpd12', 'libxml2': 'libxml2', 'libcrypto': 'libssl3', 'libc': 'libc6', 'libxlsxwriter': 'libxlsxwriter4', 'libz': 'zlib1g'}
missing = [l for l, package in few.items() if l in loaded and package not in named]
check('the libraries it loads are in it, under their Debian names', len(loaded) > 20 and not missing, (missing, sorted(loaded)[:10]))
wanted = json.loads((ROOT / 'web/package.json').read_text())['dependencies']
check('every package of the front end too', not [n for n in wanted if n not in named], [n for n in wanted if n not in named])
check('each with a version', all(c['version'] for c in bom['components']))
elf = subprocess.run(['readelf', '-W', '-h', '-l', '-d', '-s', BINARY], stdout=subprocess.PIPE, text=True).stdout
stack = re.search(r'GNU_STACK.*', elf)
check('the binary has the compiler\'s protections', re.search(r'Type:\s+DYN', elf) and 'GNU_RELRO' in elf and re.search(r'FLAGS.*NOW', elf) and '__stack_chk_fail' in elf
      and stack and 'RWE' not in stack[0], elf[:400])
end()
