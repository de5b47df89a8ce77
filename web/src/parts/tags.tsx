/* Marks that carry state: always a word and an icon, never colour alone. */
import type { ReactNode } from 'react';
import { Tag, Tooltip } from 'antd';
import {
  CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, ExclamationCircleOutlined, EyeInvisibleOutlined,
  FieldTimeOutlined, LockOutlined, MinusCircleOutlined, SafetyOutlined, StopOutlined, SwapOutlined, SyncOutlined, TeamOutlined, UnlockOutlined,
  WarningOutlined,
} from '@ant-design/icons';
import { useI18n } from '../i18n';
import { formatDay, weekdaysLeft } from '../text';
import type { WordKey } from '../words';
import type { BatchState, CaseState, Grade, GrantState, RequestState, RowState, ShareKind } from '../types';

type Tone = 'good' | 'warn' | 'bad' | 'act' | 'plain';

export function Mark({ tone, icon, children, hint }: { tone: Tone; icon?: ReactNode; children: ReactNode; hint?: string }) {
  const tag = <Tag bordered={false} icon={icon} className={`mark mark-${tone}`}>{children}</Tag>;
  return hint ? <Tooltip title={hint}>{tag}</Tooltip> : tag;
}

const GRADES: Record<Grade, [Tone, ReactNode]> = {
  L1: ['plain', <UnlockOutlined key="i" />],
  L2: ['plain', <TeamOutlined key="i" />],
  L3: ['warn', <LockOutlined key="i" />],
  L4: ['bad', <SafetyOutlined key="i" />],
};
export function GradeTag({ grade }: { grade: Grade }) {
  const { t } = useI18n();
  const [tone, icon] = GRADES[grade] ?? GRADES.L4;
  return <Mark tone={tone} icon={icon} hint={t(`grade.${grade}.hint`)}>{`${grade} ${t(`grade.${grade}`)}`}</Mark>;
}

const SHARES: Record<ShareKind, [Tone, ReactNode]> = {
  unconditional: ['good', <SwapOutlined key="i" />],
  conditional: ['warn', <SwapOutlined key="i" />],
  none: ['plain', <StopOutlined key="i" />],
};
export function ShareTag({ share }: { share: ShareKind }) {
  const { t } = useI18n();
  const [tone, icon] = SHARES[share] ?? SHARES.none;
  return <Mark tone={tone} icon={icon} hint={t(`share.${share}.hint`)}>{t(`share.${share}`)}</Mark>;
}

export type AnyState = BatchState | RowState | RequestState | GrantState | CaseState;
const STATES: Record<AnyState, [Tone, ReactNode, WordKey]> = {
  mapping: ['warn', <ExclamationCircleOutlined key="i" />, 'state.mapping'],
  queued: ['act', <ClockCircleOutlined key="i" />, 'state.queued'],
  running: ['act', <SyncOutlined spin key="i" />, 'state.running'],
  done: ['good', <CheckCircleOutlined key="i" />, 'state.done'],
  failed: ['bad', <CloseCircleOutlined key="i" />, 'state.failed'],
  cancelled: ['plain', <MinusCircleOutlined key="i" />, 'state.cancelled'],
  waiting: ['warn', <ClockCircleOutlined key="i" />, 'state.waiting'],
  landed: ['good', <CheckCircleOutlined key="i" />, 'state.landed'],
  dropped: ['plain', <MinusCircleOutlined key="i" />, 'state.dropped'],
  approved: ['good', <CheckCircleOutlined key="i" />, 'state.approved'],
  reduced: ['good', <CheckCircleOutlined key="i" />, 'state.reduced'],
  refused: ['bad', <CloseCircleOutlined key="i" />, 'state.refused'],
  withdrawn: ['plain', <MinusCircleOutlined key="i" />, 'state.withdrawn'],
  active: ['good', <CheckCircleOutlined key="i" />, 'state.active'],
  revoked: ['bad', <StopOutlined key="i" />, 'state.revoked'],
  expired: ['plain', <FieldTimeOutlined key="i" />, 'state.expired'],
  open: ['warn', <ClockCircleOutlined key="i" />, 'state.open'],
  fixed: ['good', <CheckCircleOutlined key="i" />, 'state.fixed'],
  rejected: ['plain', <CloseCircleOutlined key="i" />, 'state.rejected'],
};
export function StateTag({ state }: { state: AnyState }) {
  const { t } = useI18n();
  const known = STATES[state];
  if (!known) return <Mark tone="plain">{state}</Mark>;
  return <Mark tone={known[0]} icon={known[1]}>{t(known[2])}</Mark>;
}

/* The clock of a deadline, in working days.  Without `daysLeft` from the server only weekdays are counted, and it says "about". */
export function DueIn({ due, daysLeft }: { due: string | null | undefined; daysLeft?: number | null }) {
  const { t } = useI18n();
  if (!due) return <span className="soft">{t('due.none')}</span>;
  const isExact = daysLeft !== null && daysLeft !== undefined;
  const n = isExact ? daysLeft : weekdaysLeft(due, new Date());
  const about = isExact ? '' : t('due.about');
  const text = n < 0 ? t('due.late', { about, n: -n }) : n === 0 ? t('due.today') : t('due.left', { about, n });
  const tone: Tone = n < 0 ? 'bad' : n <= 1 ? 'warn' : 'plain';
  const icon = n < 0 ? <WarningOutlined /> : <ClockCircleOutlined />;
  return <Mark tone={tone} icon={icon} hint={t('due.day', { day: formatDay(due) })}>{text}</Mark>;
}

export function LateTag() {
  const { t } = useI18n();
  return <Mark tone="warn" icon={<WarningOutlined />} hint={t('dataset.late.hint')}>{t('dataset.late')}</Mark>;
}

export function MaskedMark() {
  const { t } = useI18n();
  return (
    <Tooltip title={t('field.masked.hint')}>
      <EyeInvisibleOutlined className="masked-icon" aria-label={t('field.masked')} role="img" />
    </Tooltip>
  );
}

export function Score({ value }: { value: number | null | undefined }) {
  const { t } = useI18n();
  if (value === null || value === undefined) return <span className="soft">{t('quality.none')}</span>;
  const tone = value >= 95 ? 'good' : value >= 80 ? 'warn' : 'bad';
  return (
    <span className={`score score-${tone}`}>
      {value >= 95 ? <CheckCircleOutlined aria-hidden /> : <WarningOutlined aria-hidden />} {value.toFixed(1)}
    </span>
  );
}
