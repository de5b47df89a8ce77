#!/usr/bin/env python3
"""The list of parts names every library the server loads and every npm package the front end is built from."""
import re
from harness import *

r = subprocess.run([ROOT / 'tools/sbom', BINARY], stdout=subprocess.PIPE, text=True)
bom = json.loads(r.stdout)
purls = [c['purl'] for c in bom['components']]
check('it is CycloneDX', bom['bomFormat'] == 'CycloneDX' and bom['specVersion'] == '1.5' and len(set(purls)) == len(purls))
named = {c['name'] for c in bom['components']}
missing = []
for path in re.findall(r'=> (/\S+)', subprocess.run(['ldd', BINARY], stdout=subprocess.PIPE, text=True).stdout):
    owner = subprocess.run(['dpkg', '-S', str(pathlib.Path(path).resolve())], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split(':')[0]
    if owner not in named:
        missing.append((path, owner))
check('every library that is loaded is in it', not missing, missing)
wanted = json.loads((ROOT / 'web/package.json').read_text())['dependencies']
check('every package of the front end too', not [n for n in wanted if n not in named], [n for n in wanted if n not in named])
check('each with a version', all(c['version'] for c in bom['components']))
end()
