#!/usr/bin/env python3
"""shuzhi discover: files and datasets by column, with the grade their content asks for."""
from harness import *

place = Place()
folder = pathlib.Path(place.folder)


def discover(*args):
    r = place.run('discover', '--json', *args)
    return {c['name']: c for c in json.loads(r.stdout)['columns']} if r.returncode == 0 else r.stderr


text = '序号,联系人,备注\n' + ''.join(f'{i},王伟,"家住德清县武康街道永安街{i}号，电话1380013800{i}"\n' for i in range(1, 6)) + '6,李四,无\n7,,\n'
for name, encoding in ('utf8', 'utf-8'), ('gb', 'gb18030'):
    (folder / f'{name}.csv').write_bytes(text.encode(encoding))
    got = discover(f'{name}.csv')
    check(f'a table in {encoding}: counts, shares, grades', got == {
        '序号': {'name': '序号', 'cells': 7, 'kinds': [], 'proposed': 'L1'},
        '联系人': {'name': '联系人', 'cells': 6, 'kinds': [{'kind': 'name', 'cells': 6, 'share': 1}], 'proposed': 'L2'},
        '备注': {'name': '备注', 'cells': 6, 'kinds': [{'kind': 'mobile', 'cells': 5, 'share': .8333}, {'kind': 'address', 'cells': 5, 'share': .8333}],
                 'proposed': 'L3'}}, got)
(folder / 'note.txt').write_text('卡号6222021234567890128\n订单号6222021234567890128\n')
check('plain text is one column of lines', discover('note.txt') == {
    'text': {'name': 'text', 'cells': 2, 'kinds': [{'kind': 'bank-card', 'cells': 1, 'share': .5}], 'proposed': 'L4'}}, discover('note.txt'))
r = place.run('discover', 'note.txt')
check('no value is printed', '银行卡号' in r.stdout and '6222' not in r.stdout, r.stdout)
(folder / 'book.csv').write_bytes(b'PK\3\4\0\0\0\0')
(folder / 'empty.csv').write_text('')
(folder / 'open.csv').write_text('a,b\n"1,2\n')
(folder / 'long.txt').write_text('x' * (2 << 20))
for args, word in (['book.csv'], 'no text'), (['empty.csv'], 'empty'), (['open.csv'], 'quote'), (['long.txt'], 'longer'), (['none.csv'], 'none.csv'), \
        (['--dataset', 'none'], 'no dataset'), ([], 'usage'), (['a', 'b'], 'usage'):
    r = place.run('discover', *args)
    check(f'refused: {args}', r.returncode not in (0, -6, -11) and word in r.stderr and not r.stdout, r.stderr + r.stdout)

place.run('demo', '--persons', 300, '--seed', 5, '--out', 'made', *sorted(ROOT.glob('apps/*')), ROOT / 'county/deqing')
for d in 'address', 'legal-entity', 'person':
    place.run('intake', '--quiet', d, next(folder.glob(f'made/{d}.*')))
got = discover('--dataset', 'person')
check('a dataset: identity numbers and mobiles are found and graded right', got['id_number']['kinds'][0]['share'] == 1 and got['mobile']['proposed'] == 'L3'
      and not any(c['is_too_low'] for c in got.values()), got)
firm = discover('--dataset', 'legal-entity')
check('codes of firms are no secret', firm['uscc']['kinds'] == [{'kind': 'uscc', 'cells': firm['uscc']['cells'], 'share': 1}] and not firm['uscc']['is_too_low'], firm)
place.sql("update data.legal_entity set name = '负责人王伟，卡号6222021234567890128'")
firm = discover('--dataset', 'legal-entity')
check('a field graded too low is named', firm['name']['proposed'] == 'L4' and firm['name']['x-grade'] == 'L1' and firm['name']['is_too_low'], firm['name'])
r = place.run('discover', '--dataset', 'legal-entity')
check('each is on record', place.sql("select count(*) from shuzhi.audit_batch where entries like '%\"action\":\"discover\",\"dataset\":\"legal-entity\"%'") == '3')
check('and in words', 'x-grade L1 is too low' in r.stdout and 'fields are graded too low' in r.stdout, r.stdout)
end()
