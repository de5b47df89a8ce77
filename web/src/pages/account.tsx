import { Button, Segmented } from 'antd';
import { useSession, useUser } from '../app/session';
import { useI18n } from '../i18n';
import { AccountSecurity } from '../parts/account-security';
import { useDatasets } from '../parts/dataset-select';
import { Delegations } from '../parts/delegations';
import { Page, Section } from '../parts/page';
import { Mark } from '../parts/tags';
import { codeWords } from '../parts/update-words';
import type { Lang } from '../text';

export default function Account() {
  const { t, lang, setLang, pick } = useI18n();
  const user = useUser();
  const { leave } = useSession();
  const datasets = useDatasets();
  const rights = new Map<string, string[]>();
  for (const right of user.may) {
    const [verb = '', what = ''] = right.split(':');
    const title = what === '*' ? t('account.all') : pick(datasets.find((d) => d.id === what)?.title) || what;
    rights.set(verb, [...(rights.get(verb) ?? []), ...(title ? [title] : [])]);
  }
  return (
    <Page title={t('menu.account')} lead={t('account.lead')} actions={<Button onClick={() => void leave()}>{t('menu.signout')}</Button>}>
      <Section title={t('account.who')}>
        <dl className="facts">
          <div><dt>{t('account.name')}</dt><dd>{pick(user.name)}</dd></div>
          <div><dt>{t('signin.login')}</dt><dd><code>{user.login}</code></dd></div>
          <div><dt>{t('account.organisation')}</dt><dd>{pick(user.organisation.title)}</dd></div>
          {user.posts.map((p) => (
            <div key={p.id}>
              <dt>{t('account.post')}</dt>
              <dd className="marks">
                {pick(p.organisation.title)}
                {p.roles.map((r) => <Mark key={r.id} tone="plain">{pick(r.title)}</Mark>)}
                {p.area && <span className="soft">{t('account.area', { area: p.area })}</span>}
                {p.duty && <span className="soft">{p.duty}</span>}
                {p.delegated_by && <span className="soft">{t('account.delegated', { who: p.delegated_by, until: p.until?.slice(0, 10) ?? '' })}</span>}
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      <Section title={t('account.may')}>
        {rights.size === 0 ? <p className="soft">{t('account.may.none')}</p> : (
          <ul className="side-list">
            {[...rights].map(([verb, what]) => (
              <li key={verb}><strong>{codeWords(t, 'verb', verb)}</strong><br /><span className="soft">{[...new Set(what)].join(t('app.comma'))}</span></li>
            ))}
          </ul>
        )}
      </Section>
      <AccountSecurity />
      <Delegations />
      <Section title={t('account.language')}>
        <Segmented<Lang> value={lang} onChange={setLang} options={[{ value: 'zh', label: '中文' }, { value: 'en', label: 'English' }]} aria-label={t('account.language')} />
      </Section>
    </Page>
  );
}
