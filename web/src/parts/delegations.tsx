/* Posts lent to colleagues and taken from them. */
import { useState } from 'react';
import { Button, DatePicker, Form, Input, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { api } from '../api';
import { useUser } from '../app/session';
import { useI18n } from '../i18n';
import { problemOf, type ApiProblem } from '../problem';
import { Loaded, Section } from './page';
import { ProblemBox } from './problem-box';
import { useLoad } from './use-load';

export function Delegations() {
  const { t, pick } = useI18n();
  const user = useUser();
  const load = useLoad((s) => api.delegations(s), []);
  const own = user.posts.filter((p) => !p.delegated_by);
  const [post, setPost] = useState<number | undefined>(own[0]?.id);
  const [to, setTo] = useState('');
  const [until, setUntil] = useState<Dayjs | null>(null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const act = (done: Promise<unknown>) => done.then(() => { setProblem(null); setTo(''); setReason(''); load.reload(); }).catch((cause) => setProblem(problemOf(cause)));
  if (own.length === 0) return null;
  return (
    <Section title={t('lend.title')}>
      <p className="soft">{t('lend.lead')}</p>
      <Loaded load={load}>
        {(d) => d.delegations.length === 0 ? <p className="soft">{t('lend.none')}</p> : (
          <ul className="side-list">
            {d.delegations.map((x) => (
              <li key={x.id}>
                {t(x.is_mine ? 'lend.given' : 'lend.taken', { name: pick(x.is_mine ? x.to_name : x.by_name), until: x.until })} <span className="soft">{x.reason}</span>{' '}
                <Button size="small" onClick={() => void act(api.endDelegation(x.id))}>{t('lend.end')}</Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {problem && <ProblemBox problem={problem} />}
      <Form layout="vertical" style={{ maxWidth: 420 }} onFinish={() => void act(api.delegate({ post: post ?? 0, to: to.trim(), until: until?.format('YYYY-MM-DD') ?? '', reason: reason.trim() }))}>
        <Form.Item label={t('lend.post')} htmlFor="lend-post">
          <Select id="lend-post" value={post} onChange={setPost} style={{ width: '100%' }} options={own.map((p) => ({ value: p.id, label: `${pick(p.organisation.title)} ${p.roles.map((r) => pick(r.title)).join(t('app.comma'))}` }))} />
        </Form.Item>
        <Form.Item label={t('lend.to')} htmlFor="lend-to"><Input id="lend-to" value={to} onChange={(e) => setTo(e.target.value)} /></Form.Item>
        <Form.Item label={t('lend.until')} htmlFor="lend-until"><DatePicker id="lend-until" value={until} onChange={setUntil} style={{ width: '100%' }} disabledDate={(d) => d.isBefore(dayjs().startOf('day'))} /></Form.Item>
        <Form.Item label={t('lend.reason')} htmlFor="lend-reason"><Input id="lend-reason" value={reason} onChange={(e) => setReason(e.target.value)} /></Form.Item>
        <Button htmlType="submit" disabled={!to.trim() || !until || !reason.trim()}>{t('lend.send')}</Button>
      </Form>
    </Section>
  );
}
