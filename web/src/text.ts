/* Words, dates and numbers as people read them; pure, so that it can be tested. */
export type Lang = 'zh' | 'en';

/* "{n} rows", "{n} {n|row|rows}": the second form picks by the number. */
export function fill(text: string, args: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const v = args[name];
    if (v === undefined) return whole;
    if (one !== undefined && many !== undefined) return Number(v) === 1 ? one : many;
    return typeof v === 'number' ? formatNumber(v) : v;
  });
}

export function formatNumber(n: number): string {
  return n.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/* People say 55 万, not 550,000, once there are many. */
export function formatCount(n: number, lang: Lang): string {
  if (lang === 'zh' && n >= 100000) return `${(n / 10000).toLocaleString('en-US', { maximumFractionDigits: 1 })} 万`;
  return formatNumber(n);
}

export function formatBytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${n.toLocaleString('en-US', { maximumFractionDigits: n < 10 && i > 0 ? 1 : 0 })} ${units[i]}`;
}

const two = (n: number) => String(n).padStart(2, '0');

export function formatDay(at: string | null | undefined): string {
  if (!at) return '';
  if (/^\d{4}-\d{2}-\d{2}$/.test(at)) return at;
  const d = new Date(at);
  if (Number.isNaN(d.getTime())) return at;
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

export function formatTime(at: string | null | undefined): string {
  if (!at) return '';
  const d = new Date(at);
  if (Number.isNaN(d.getTime()) || /^\d{4}-\d{2}-\d{2}$/.test(at)) return at;
  return `${formatDay(at)} ${two(d.getHours())}:${two(d.getMinutes())}`;
}

/* Weekdays from the day after `now` to `due`; negative when past.  Holidays are the server's to know: it says days_left where it does. */
export function weekdaysLeft(due: string, now: Date): number {
  const day = (d: Date) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  const end = /^\d{4}-\d{2}-\d{2}$/.test(due) ? Date.parse(`${due}T00:00:00Z`) : day(new Date(due));
  const start = day(now);
  const step = end >= start ? 1 : -1;
  let n = 0;
  for (let t = start; t !== end && Math.abs(n) < 2000; ) {
    if (step > 0) t += 86400000;
    const week = new Date(t).getUTCDay();
    if (week !== 0 && week !== 6) n += step;
    if (step < 0) t -= 86400000;
  }
  return n;
}

export function formatPercent(part: number, whole: number): string {
  if (whole <= 0) return '—';
  const p = (part / whole) * 100;
  return `${p < 100 && p > 99.95 ? '99.9' : p.toLocaleString('en-US', { maximumFractionDigits: 1 })}%`;
}

/* One row of a CSV: quoted where needed, and never a formula when a spreadsheet opens it. */
export function csvRow(cells: readonly unknown[]): string {
  return cells
    .map((c) => {
      let s = c === null || c === undefined ? '' : String(c);
      if (/^[=+\-@\t\r]/.test(s) && !/^-?\d+(\.\d+)?$/.test(s)) s = `'${s}`;
      return /[",\r\n]/.test(s) ? `"${s.replace(/"/g, '""')}"` : s;
    })
    .join(',');
}
