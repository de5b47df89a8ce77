import { useEffect, useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { Alert, AutoComplete, Button, Checkbox, DatePicker, Form, Input, InputNumber, Select } from 'antd';
import { PlusOutlined } from '@ant-design/icons';
import dayjs, { type Dayjs } from 'dayjs';
import { api } from '../api';
import { useI18n } from '../i18n';
import { useAnnounce } from '../parts/announce';
import { useDatasets } from '../parts/dataset-select';
import { FieldPicker, FilterEditor, readyFilter } from '../parts/share-terms';
import { Page, Section } from '../parts/page';
import { ProblemBox } from '../parts/problem-box';
import { GradeTag, ShareTag } from '../parts/tags';
import { useLoad } from '../parts/use-load';
import { problemOf, type ApiProblem } from '../problem';
import type { RowFilter } from '../types';

/* What people cite most; anything else can be typed. */
const BASES = ['政务数据共享条例（国务院令第809号）', '浙江省公共数据条例', '中华人民共和国行政许可法', '中华人民共和国社会保险法', '社会救助暂行办法', '浙江省社会养老服务促进条例'];

export default function RequestNew() {
  const { t, pick } = useI18n();
  const announce = useAnnounce();
  const go = useNavigate();
  const [search, setSearch] = useSearchParams();
  const id = search.get('dataset') ?? '';
  const datasets = useDatasets();
  const dataset = useLoad((s) => (id ? api.dataset(id, s) : Promise.resolve(null)), [id]);
  const [fields, setFields] = useState<string[]>([]);
  const [clear, setClear] = useState<string[]>([]);
  const [why, setWhy] = useState('');
  const [filter, setFilter] = useState<RowFilter[]>([]);
  const [purpose, setPurpose] = useState('');
  const [basis, setBasis] = useState('');
  const [until, setUntil] = useState<Dayjs>(() => dayjs().add(6, 'month'));
  const [quota, setQuota] = useState(10000);
  const [rate, setRate] = useState(20);
  const [isRight, setRight] = useState(false);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  const d = dataset.data?.id === id ? dataset.data : null;
  useEffect(() => {
    setFields(d ? d.fields.filter((f) => f.is_key).map((f) => f.name) : []);
    setClear([]);
    setFilter([]);
  }, [d]);

  const wrong = useMemo(() => {
    const out: string[] = [];
    if (fields.length === 0) out.push(t('ask.need.fields'));
    if (!purpose.trim()) out.push(t('ask.need.purpose'));
    if (!basis.trim()) out.push(t('ask.need.basis'));
    if (clear.length > 0 && !why.trim()) out.push(t('ask.need.why'));
    if (!isRight) out.push(t('ask.need.promise'));
    return out;
  }, [fields, purpose, basis, clear, why, isRight, t]);

  const send = async () => {
    setTried(true);
    if (wrong.length > 0) {
      announce(wrong[0] ?? '');
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const made = await api.ask({
        dataset: id, fields, clear, filter: readyFilter(filter),
        purpose: clear.length > 0 ? `${purpose.trim()}\n${t('ask.why.text')}${why.trim()}` : purpose.trim(),
        legal_basis: basis.trim(), until: until.format('YYYY-MM-DD'), quota_per_day: quota, rate_per_second: rate,
      });
      announce(t('ask.done'), 'done');
      go(`/requests/${made.id}`);
    } catch (cause) {
      setProblem(problemOf(cause));
      setBusy(false);
    }
  };

  return (
    <Page title={t('ask.title')} trail={[[t('menu.share.requests'), '/requests']]} lead={t('ask.lead')}>
      <Section id="ask-dataset" title={t('ask.dataset')}>
        <Select
          showSearch optionFilterProp="label" aria-label={t('ask.dataset')} placeholder={t('ask.dataset.pick')} style={{ width: 360, maxWidth: '100%' }}
          value={id || undefined} onChange={(v: string) => setSearch({ dataset: v }, { replace: true })}
          options={datasets.filter((x) => x.share !== 'none').map((x) => ({ value: x.id, label: `${pick(x.title)} · ${pick(x.owner.title)}` }))}
        />
        {d && <p className="marks ask-about"><GradeTag grade={d.grade} /><ShareTag share={d.share} /><span className="soft">{t('ask.decides', { owner: pick(d.owner.title) })}</span></p>}
      </Section>
      {dataset.problem && <ProblemBox problem={dataset.problem} onRetry={dataset.reload} />}
      {d && !d.may.request && <Alert className="problem" type="warning" showIcon message={t('ask.denied')} description={t('ask.denied.how')} />}
      {d && d.may.request && (
        <>
          <Section title={t('ask.fields')} extra={<span className="soft">{t('ask.fields.n', { n: fields.length, all: d.fields.length })}</span>}>
            <p className="soft">{t('ask.fields.lead')}</p>
            <FieldPicker offered={d.fields} fields={fields} clear={clear} onFields={setFields} onClear={setClear} />
            {clear.length > 0 && (
              <Form layout="vertical" component="div" className="ask-why">
                <Form.Item label={t('ask.why')} htmlFor="why" required extra={t('ask.why.hint')} validateStatus={isTried && !why.trim() ? 'error' : undefined}>
                  <Input.TextArea id="why" rows={2} value={why} onChange={(e) => setWhy(e.target.value)} />
                </Form.Item>
              </Form>
            )}
          </Section>
          <Section title={t('ask.filter')} extra={<Button size="small" icon={<PlusOutlined />} onClick={() => setFilter([...filter, { field: d.fields[0]?.name ?? '', op: '=', value: '' }])}>{t('ask.filter.add')}</Button>}>
            <p className="soft">{t('ask.filter.lead')}</p>
            <FilterEditor fields={d.fields} value={filter} onChange={setFilter} />
          </Section>
          <Section title={t('ask.for')}>
            <Form layout="vertical" component="div">
              <Form.Item label={t('request.purpose')} htmlFor="purpose" required extra={t('ask.purpose.hint')} validateStatus={isTried && !purpose.trim() ? 'error' : undefined}>
                <Input.TextArea id="purpose" rows={2} value={purpose} onChange={(e) => setPurpose(e.target.value)} />
              </Form.Item>
              <Form.Item label={t('request.basis')} htmlFor="basis" required extra={t('ask.basis.hint')} validateStatus={isTried && !basis.trim() ? 'error' : undefined}>
                <AutoComplete id="basis" value={basis} onChange={setBasis} options={BASES.map((value) => ({ value }))} filterOption={(q, o) => String(o?.value).includes(q)} />
              </Form.Item>
              <div className="facts">
                <Form.Item label={t('request.until')} htmlFor="until" extra={t('ask.until.hint')}>
                  <DatePicker id="until" style={{ width: '100%' }} value={until} allowClear={false} minDate={dayjs().add(1, 'day')} onChange={(v) => v && setUntil(v)}
                    presets={[3, 6, 12].map((n) => ({ label: t('ask.months', { n }), value: dayjs().add(n, 'month') }))} />
                </Form.Item>
                <Form.Item label={t('request.quota')} htmlFor="quota"><InputNumber id="quota" style={{ width: '100%' }} min={1} max={10000000} value={quota} onChange={(v) => setQuota(v ?? 1)} /></Form.Item>
                <Form.Item label={t('request.rate')} htmlFor="rate"><InputNumber id="rate" style={{ width: '100%' }} min={1} max={1000} value={rate} onChange={(v) => setRate(v ?? 1)} /></Form.Item>
              </div>
            </Form>
          </Section>
          <Section title={t('ask.check')}>
            <p>{t('ask.check.text', { title: pick(d.title), n: fields.length, clear: clear.length, until: until.format('YYYY-MM-DD') })}</p>
            <p><Checkbox checked={isRight} onChange={(e) => setRight(e.target.checked)}>{t('ask.promise')}</Checkbox></p>
            {isTried && wrong.length > 0 && <Alert className="problem" role="alert" type="error" showIcon message={t('ask.need')} description={<ul>{wrong.map((w) => <li key={w}>{w}</li>)}</ul>} />}
            {problem && <ProblemBox problem={problem} onClose={() => setProblem(null)} />}
            <Button type="primary" size="large" loading={isBusy} onClick={() => void send()}>{t('ask.send')}</Button>
          </Section>
        </>
      )}
    </Page>
  );
}
