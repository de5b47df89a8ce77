import { useState } from 'react';
import { Link, useParams } from 'react-router-dom';
import { Alert, Button, Form, Input, Modal, Progress } from 'antd';
import { ApiOutlined, CopyOutlined, KeyOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { FilterWords } from '../parts/share-terms';
import { MaskedMark, StateTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { problemFrom, problemOf, type ApiProblem } from '../problem';
import { formatNumber, formatTime } from '../text';
import type { Grant } from '../types';

function CopyButton({ text, label }: { text: string; label: string }) {
  const { t } = useI18n();
  const announce = useAnnounce();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      announce(t('app.copied'), 'done');
    } catch {
      announce(t('app.copy.failed'), 'failed');
    }
  };
  return <Button icon={<CopyOutlined />} onClick={() => void copy()}>{label}</Button>;
}

/* Asks the share API with the key just made, as the other department's system will. */
function TryIt({ g, secret }: { g: Grant; secret: string }) {
  const { t } = useI18n();
  const [key, setKey] = useState('');
  const [answer, setAnswer] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setProblem(null);
    setAnswer(null);
    try {
      const url = key.trim() ? api.shareUrl(g.id, key.trim()) : `${api.shareUrl(g.id)}?limit=3`;
      const res = await fetch(url, { headers: { Authorization: `Bearer ${secret}` }, credentials: 'omit' });
      const body: unknown = await res.json().catch(() => null);
      if (res.ok) setAnswer(JSON.stringify(body, null, 2));
      else setProblem(problemFrom(res.status, body));
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
  };
  return (
    <form className="gap" onSubmit={(e) => { e.preventDefault(); void ask(); }}>
      <h3>{t('grant.try')}</h3>
      <div className="toolbar-main">
        <Input id="try-key" aria-label={t('grant.try.key')} placeholder={t('grant.try.key')} style={{ width: 280, maxWidth: '100%' }} value={key} onChange={(e) => setKey(e.target.value)} />
        <Button htmlType="submit" loading={isBusy}>{t('grant.try.go')}</Button>
      </div>
      {problem && <div className="gap"><ProblemBox problem={problem} /></div>}
      {answer && <pre className="key-box gap" tabIndex={0} aria-label={t('grant.try.answer')}>{answer}</pre>}
    </form>
  );
}

function KeySection({ g, onMade }: { g: Grant; onMade: () => void }) {
  const { t } = useI18n();
  const announce = useAnnounce();
  const [secret, setSecret] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const make = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { key } = await api.makeKey(g.id);
      setSecret(key);
      announce(t('grant.key.made'));
      onMade();
    } catch (cause) {
      setProblem(problemOf(cause));
    }
    setBusy(false);
    setAsking(false);
  };
  const origin = window.location.origin;
  const curl = `curl -H "Authorization: Bearer ${secret ?? '$SHUZHI_KEY'}" \\\n  "${origin}${api.shareUrl(g.id)}?limit=10"`;
  return (
    <Section title={t('grant.key')} extra={<LinkButtonOut href={api.openapiUrl(g.id)} text={t('grant.openapi')} />}>
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      {secret ? (
        <>
          <Alert className="problem" type="warning" showIcon message={<strong>{t('grant.key.once')}</strong>} description={t('grant.key.once.how')} />
          <pre className="key-box" data-key tabIndex={0} aria-label={t('grant.key')}>{secret}</pre>
          <CopyButton text={secret} label={t('grant.key.copy')} />
        </>
      ) : (
        <p>{t(g.has_key ? 'grant.key.has' : 'grant.key.none')} <Button type={g.has_key ? 'default' : 'primary'} icon={<KeyOutlined />} loading={isBusy} onClick={() => (g.has_key ? setAsking(true) : void make())}>{t(g.has_key ? 'grant.key.again' : 'grant.key.make')}</Button></p>
      )}
      <h3 className="gap">{t('grant.call')}</h3>
      <pre className="key-box" tabIndex={0} aria-label={t('grant.call')}>{curl}</pre>
      <CopyButton text={curl} label={t('app.copy')} />
      {secret && <TryIt g={g} secret={secret} />}
      <Modal open={isAsking} title={t('grant.key.again')} okText={t('grant.key.again')} okButtonProps={{ loading: isBusy }} onOk={() => void make()} onCancel={() => setAsking(false)}><p>{t('grant.key.again.sure')}</p></Modal>
    </Section>
  );
}

function LinkButtonOut({ href, text }: { href: string; text: string }) {
  return <Button href={href} target="_blank" rel="noreferrer" icon={<ApiOutlined />}>{text}</Button>;
}

export default function GrantPage() {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const { grant: id = '' } = useParams();
  const load = useLoad((s) => api.grant(id, s), [id]);
  const [reason, setReason] = useState<string | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const g = load.data;
  const revoke = async () => {
    setProblem(null);
    try {
      await api.revoke(id, (reason ?? '').trim());
      announce(t('grant.revoked'), 'done');
      setReason(null);
      load.reload();
    } catch (cause) {
      setReason(null);
      setProblem(problemOf(cause));
    }
  };
  return (
    <Page
      title={g ? t('grant.title', { title: pick(g.title), who: pick(g.organisation) }) : t('grant.one')}
      trail={[[t('menu.share.grants'), '/grants']]}
      tags={g && <StateTag state={g.state} />}
      actions={g?.state === 'active' && <Button danger onClick={() => setReason('')}>{t('grant.revoke')}</Button>}
    >
      {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
      <Loaded load={load}>
        {(it) => (
          <>
            {it.state === 'revoked' && <Alert className="problem" type="error" showIcon message={<strong>{t('grant.is.revoked')}</strong>} description={it.revoked_reason} />}
            {it.state === 'expired' && <Alert className="problem" type="warning" showIcon message={<strong>{t('grant.is.expired', { until: it.until })}</strong>} action={<LinkButton to={`/requests/new?dataset=${encodeURIComponent(it.dataset)}`} size="small">{t('menu.share.ask')}</LinkButton>} />}
            <div className="two">
              <div>
                {it.state === 'active' && <KeySection g={it} onMade={load.reload} />}
                <Section title={t('grant.gives')}>
                  <ul className="fields-list">{it.fields.map((f) => <li key={f.name}>{pick(f.title)} {f.is_masked && <MaskedMark />}</li>)}</ul>
                  <p className="soft">{t('ask.filter')}: <FilterWords filter={it.filter} titleOf={(n) => pick(it.fields.find((f) => f.name === n)?.title) || n} /></p>
                </Section>
              </div>
              <Section title={t('grant.terms')}>
                <ul className="side-list">
                  <li><span className="soft">{t('grant.today')}</span><br /><span className="num">{formatNumber(it.used_today)} / {formatNumber(it.quota_per_day)}</span><Progress percent={Math.round((it.used_today / Math.max(1, it.quota_per_day)) * 100)} size="small" showInfo={false} aria-label={t('grant.today')} /></li>
                  <li><span className="soft">{t('request.rate')}</span><br />{formatNumber(it.rate_per_second)}</li>
                  <li><span className="soft">{t('grant.last')}</span><br />{it.last_used ? formatTime(it.last_used) : t('grant.never')} · <Link to={`/audit?dataset=${encodeURIComponent(it.dataset)}`}>{t('grant.audit')}</Link></li>
                  <li><span className="soft">{t('grant.term')}</span><br />{it.from} – {it.until}</li>
                  <li><span className="soft">{t('ask.dataset')}</span><br /><Link to={`/datasets/${encodeURIComponent(it.dataset)}`}>{pick(it.title)}</Link></li>
                  <li><span className="soft">{t('request.purpose')}</span><br />{it.purpose}</li>
                  <li><span className="soft">{t('request.basis')}</span><br />{it.legal_basis}</li>
                  <li><Link to={`/requests/${it.request}`}>{t('grant.request')}</Link></li>
                </ul>
              </Section>
            </div>
          </>
        )}
      </Loaded>
      <Modal open={reason !== null} title={t('grant.revoke')} okText={t('grant.revoke')} okButtonProps={{ danger: true, disabled: !reason?.trim() }} onOk={() => void revoke()} onCancel={() => setReason(null)}>
        <p>{t('grant.revoke.sure')}</p>
        <Form layout="vertical" component="div"><Form.Item label={t('decide.reason')} htmlFor="revoke-reason"><Input.TextArea id="revoke-reason" rows={2} value={reason ?? ''} onChange={(e) => setReason(e.target.value)} /></Form.Item></Form>
      </Modal>
    </Page>
  );
}
