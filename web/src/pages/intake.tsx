import { useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { Alert, Button, Progress, Upload } from 'antd';
import { CloudUploadOutlined, InboxOutlined } from '@ant-design/icons';
import { api } from '../api';
import { useUser } from '../app/session';
import { mayDo } from '../app/may';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { BatchTable } from '../parts/batch-table';
import { EmptyState } from '../parts/empty-state';
import { LinkButton } from '../parts/link-button';
import { Loaded, Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { SearchBox } from '../parts/search-box';
import { useLoad } from '../parts/use-load';
import { updateWords } from '../parts/update-words';
import { problemOf, type ApiProblem } from '../problem';
import { formatBytes, formatDay } from '../text';
import type { DatasetSummary } from '../types';

const ACCEPT = '.csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json,.gpkg,.shp,.zip';

function PickDataset() {
  const { t, pick } = useI18n();
  const [search, setSearch] = useSearchParams();
  const q = search.get('q') ?? '';
  const user = useUser();
  const load = useLoad((s) => api.datasets({ q }, s), [q]);
  /* My own organisation's are what one loads every day; the others are there for who may load those too. */
  const split = (all: DatasetSummary[]) => {
    const may = all.filter((d) => mayDo(user, 'intake', d.id));
    const own = may.filter((d) => d.owner.code === user.organisation.code);
    return own.length ? { first: own, others: may.filter((d) => !own.includes(d)) } : { first: may, others: [] };
  };
  const cards = (list: DatasetSummary[]) => (
    <ul className="pick">
      {list.map((d) => (
        <li key={d.id}>
          <Link to={`/intake/${encodeURIComponent(d.id)}`}>
            <strong>{pick(d.title)}</strong>
            <small>{pick(d.owner.title)} · {updateWords(t, d.update)}<br />{d.last_batch_at ? t('intake.last', { at: formatDay(d.last_batch_at) }) : t('dataset.fresh.never')}</small>
          </Link>
        </li>
      ))}
    </ul>
  );
  return (
    <Page title={t('intake.title')} lead={t('intake.lead')}>
      <Section title={t('intake.pick')} extra={<SearchBox value={q} onSearch={(v) => setSearch(v ? { q: v } : {}, { replace: true })} label={t('catalogue.search')} />}>
        <Loaded load={load}>
          {({ datasets }) => {
            const { first, others } = split(datasets);
            if (first.length === 0)
              return <EmptyState icon={<InboxOutlined />} what={t(q ? 'catalogue.nothing' : 'intake.pick.none')} how={t(q ? 'catalogue.nothing.how' : 'intake.pick.none.how')} action={!q && <LinkButton to="/datasets">{t('menu.catalogue')}</LinkButton>} />;
            return (
              <>
                {cards(first)}
                {others.length > 0 && (
                  <details className="others" open={Boolean(q)}>
                    <summary>{t('intake.pick.others', { n: others.length })}</summary>
                    {cards(others)}
                  </details>
                )}
              </>
            );
          }}
        </Loaded>
      </Section>
    </Page>
  );
}

function SendFile({ id }: { id: string }) {
  const { t, pick } = useI18n();
  const go = useNavigate();
  const announce = useAnnounce();
  const [search] = useSearchParams();
  const corrects = search.get('corrects');
  const dataset = useLoad((s) => api.dataset(id, s), [id]);
  const recent = useLoad((s) => api.batches({ dataset: id, limit: 5 }, s), [id]);
  const [sending, setSending] = useState<{ file: File; sent: number } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const abort = useRef<AbortController | null>(null);

  const send = async (file: File) => {
    setProblem(null);
    setSending({ file, sent: 0 });
    announce(t('intake.sending', { name: file.name }));
    abort.current = new AbortController();
    try {
      const { batch } = await api.sendFile(id, file, corrects, (sent) => setSending({ file, sent }), abort.current.signal);
      go(`/batches/${batch.id}`);
    } catch (cause) {
      setProblem(problemOf(cause));
      setSending(null);
    }
  };

  const d = dataset.data;
  return (
    <Page title={d ? t('intake.into', { title: pick(d.title) }) : t('intake.title')} trail={[[t('menu.intake.load'), '/intake']]} lead={t('intake.send.lead')}>
      <Loaded load={dataset}>
        {(it) => !it.may.intake ? (
          <Alert className="problem" type="warning" showIcon message={t('intake.denied')} description={t('intake.denied.how', { owner: pick(it.owner.title) })} />
        ) : (
          <>
            {corrects && <Alert className="problem" type="info" showIcon message={t('intake.corrects', { n: corrects })} description={t('intake.corrects.how')} />}
            {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
            <Section title={t('intake.file')}>
              {sending ? (
                <div>
                  <p><strong>{sending.file.name}</strong> <span className="soft">{formatBytes(sending.file.size)}</span></p>
                  <Progress aria-label={t('intake.sending', { name: sending.file.name })} percent={Math.round((sending.sent / Math.max(1, sending.file.size)) * 100)} status="active" />
                  <p className="soft">{sending.sent >= sending.file.size ? t('intake.reading') : t('intake.keep')}</p>
                  <Button onClick={() => { abort.current?.abort(); setSending(null); }}>{t('app.cancel')}</Button>
                </div>
              ) : (
                <div className="drop">
                  <Upload.Dragger accept={ACCEPT} multiple={false} showUploadList={false} beforeUpload={(file) => { void send(file); return false; }}>
                    <div className="drop-icon" aria-hidden="true"><CloudUploadOutlined /></div>
                    <p className="drop-text">{t('intake.drop')}</p>
                    <p className="soft">{t('intake.formats')}</p>
                  </Upload.Dragger>
                </div>
              )}
            </Section>
            <Section title={t('intake.expects')}>
              <p className="soft">{t('intake.expects.how')}</p>
              <p className="samples">{it.fields.map((f) => <span key={f.name}>{pick(f.title)}{f.is_required ? ' *' : ''}</span>)}</p>
            </Section>
          </>
        )}
      </Loaded>
      <Section title={t('intake.recent')}><BatchTable id="intake-recent" rows={recent.data?.batches ?? (recent.problem ? [] : null)} hideDataset /></Section>
    </Page>
  );
}

export default function Intake() {
  const { dataset } = useParams();
  return dataset ? <SendFile id={dataset} /> : <PickDataset />;
}
