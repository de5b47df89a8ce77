// Writes persons, one JSON line each, always the same: node generate.mjs COUNT >FILE
// One in a hundred breaks one rule of the schema.
let seed = 20210907;
const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };
const pick = (list) => list[random(list.length)];
const two = (n) => String(n).padStart(2, '0');
const family = [...'王李张刘陈杨黄赵吴周徐孙马朱胡沈钟姚'], given = [...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英'];
const towns = ['武康街道', '舞阳街道', '阜溪街道', '乾元镇', '新市镇', '钟管镇', '莫干山镇'];
const breaks = [
  (p) => { p.id_number = '3.30521E+17'; }, (p) => { delete p.name; }, (p) => { p.birth_date = '2021.9.7'; },
  (p) => { p.mobile = '12345'; }, (p) => { p.household_size = 0; }, (p) => { p.sex = '男'; }, (p) => { p.extra = 1; },
];
const count = Number(process.argv[2] ?? 50000);
const out = [];
for (let i = 0; i < count; i++) {
  const year = 1940 + random(80), month = two(1 + random(12)), day = two(1 + random(28));
  const p = {
    id_number: `330521${year}${month}${day}${String(random(1000)).padStart(3, '0')}${pick([...'0123456789X'])}`,
    name: pick(family) + pick(given) + (random(3) ? pick(given) : ''),
    sex: pick(['1', '2']), nation: random(20) ? '01' : pick(['08', '11', '22']),
    birth_date: `${year}-${month}-${day}`,
    mobile: `1${3 + random(7)}${String(random(1e9)).padStart(9, '0')}`,
    email: random(2) ? `user${random(100000)}@example.com` : null,
    division: `330521${pick(['001', '002', '101', '102'])}${String(200 + random(20))}`,
    address: `浙江省湖州市德清县${pick(towns)}中兴南路${1 + random(900)}号${1 + random(30)}幢${1 + random(6)}单元${101 + random(900)}室`,
    education: pick(['21', '31', '61', '71', '81']), marital: pick(['10', '20', '30', '40']),
    household_size: 1 + random(8), income: random(10000000) / 100, is_disabled: random(50) === 0,
    updated_at: `2026-${month}-${day}T${two(random(24))}:${two(random(60))}:${two(random(60))}+08:00`,
  };
  if (i % 100 === 99) pick(breaks)(p);
  out.push(JSON.stringify(p));
}
process.stdout.write(out.join('\n') + '\n');
