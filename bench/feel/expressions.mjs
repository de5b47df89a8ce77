// The expressions of the bench and the contexts they run in.
const towns = ['Wukang', 'Qianyuan', 'Xinshi', 'Luoshe'];
const people = Array.from({ length: 100 }, (_, i) => ({
  age: (i * 37) % 100, town: towns[i % 4], allowance: (i % 7) * 50,
}));
const bands = Array.from({ length: 20 }, (_, i) =>
  `if age >= ${i * 5} and age < ${i * 5 + 5} and (grade = "B" or grade = "C") then ${i * 10 + 5}`);

export default [
  { name: 'arithmetic', expression: '(a + b * 2 - c / 4) * (a - b) + 3', context: { a: 12, b: 7, c: 100 } },
  { name: 'decimals', expression: 'price * quantity * (1 + rate) - discount', context: { price: 19.5, quantity: 3, rate: 0.25, discount: 1.5 } },
  { name: 'comparison', expression: 'a > 10 and b <= 7 or c between 50 and 99', context: { a: 9, b: 7, c: 75 } },
  { name: 'string building', expression: 'upper case(substring(name, 1, 3)) + "-" + string(age)', context: { name: 'wang', age: 81 } },
  { name: 'string tests', expression: 'contains(name, "ang") and starts with(name, "w") and string length(name) > 3', context: { name: 'wang' } },
  { name: 'dates', expression: 'date(born) + duration("P60Y") <= date("2024-03-15")', context: { born: '1950-05-01' } },
  { name: 'age in years', expression: 'years and months duration(date(born), date("2024-01-01")).years', context: { born: '1950-05-01' } },
  { name: 'list filter', expression: 'sum(people[age >= 60 and town = "Wukang"].allowance)', context: { people } },
  { name: 'for', expression: 'for p in people return p.age * 2 + 1', context: { people } },
  { name: 'quantified', expression: 'every p in people satisfies p.age < 100 and p.allowance <= 300', context: { people } },
  { name: 'context', expression: '{base: a * 2, extra: if a > 10 then base / 4 else 0, total: base + extra}.total', context: { a: 12 } },
  { name: 'table of 20 rules', expression: `${bands.join(' else ')} else 0`, context: { age: 93, grade: 'C' } },
];
