/* Which entry of the left menu an address belongs to. */
const GROUP: Record<string, string> = { intake: 'intake', batches: 'intake', quarantine: 'intake', requests: 'share', grants: 'share', exchange: 'share', opening: 'share', pages: 'apps', rules: 'apps' };

export function openKeys(path: string): string[] {
  const group = GROUP[path.split('/')[1] ?? ''];
  return group ? [group] : [];
}

export function selectedKey(path: string): string {
  const [, first = '', second, third] = path.split('/');
  if (first === 'pages' && second) return `/pages/${second}`;
  if (first === 'requests' && second === 'new') return '/requests/new';
  if (first === 'batches' && third === 'quarantine') return '/quarantine';
  return `/${first}`;
}
