/* What the server answers, as docs/api.md has it. */

export interface Title { zh: string; en: string }
export interface Coded { code: string; title: Title }
export type Grade = 'L1' | 'L2' | 'L3' | 'L4';
export type Values = Record<string, unknown>;

export interface Post {
  id: number;
  organisation: Coded;
  roles: { id: string; title: Title }[];
  area?: string;
  duty?: string;
  delegated_by?: string;
  until?: string;
}
export interface User {
  login: string;
  name: Title;
  organisation: Coded;
  posts: Post[];
  may: string[];
  /* The account is of a person or firm that may have records of its own. */
  has_own: boolean;
}
export interface WhyLine {
  line: string | null; role?: string; role_title?: Title; verb?: string; when?: string | null; holds: boolean; reason: Title;
  post?: { id: number; organisation: Coded; area?: string; duty?: string } | null;
}
export interface WhyField { name: string; title: Title; grade: Grade; shown: 'clear' | 'masked' | 'hidden'; mask: string | null; by: number | null }
export interface Why { login: string; name: Title; dataset: string; title: Title; key: string; is_seen: boolean; lines: WhyLine[]; fields: WhyField[] }
export interface EmergencyLook {
  id: number; login: string; name: Title | null; organisation: Coded; dataset: string; title: Title; key: string; reason: string; at: string; until: string;
  is_open: boolean; state: 'open' | 'justified' | 'unjustified'; reviewed_by?: string | null; review?: string | null; may_review: boolean;
}
export interface Delegation { id: number; post: number; to: string; to_name: Title; by: string; by_name: Title; roles: string[]; organisation: string; until: string; reason: string; is_mine: boolean }
export interface MyRecord { dataset: string; title: Title; owner: Coded; key: string; values: Values; fields: Field[] }
export interface MyLook { id: string; at: string; organisation: Coded; via: string; action: string; fields: string[] | null; purpose?: string | null; legal_basis?: string | null; is_me: boolean; result: string }
export interface Session { user: User; csrf: string; county?: Title; recovery_codes?: string[] }
/* What a sign-in still lacks. */
export interface Needs { needs: 'code' | 'enrol' | 'password'; secret?: string; uri?: string; qr?: string }
export interface SignInMore { code?: string; new_password?: string }
export interface Second { is_on: boolean; is_demanded: boolean; recovery_codes_left: number }
export interface SecondOffer { is_on: boolean; secret?: string; uri?: string; qr?: string; recovery_codes?: string[] }
export interface Passkey { id: string; title: string; at: string; last_used: string | null }
export interface OwnSession { id: number; address: string; agent: string; since: string; last_seen: string; has_second: boolean; is_this: boolean }
export interface OwnSystem { id: number; title: Title; scope: string; since: string }
export interface Pending { redirect?: string; client: Title; host: string; scope: string; is_logout: boolean; wants_sign_in: boolean; wants_consent: boolean }
export interface AccountPost { id: number; organisation: string; roles: string[]; area: string | null; duty: string | null }
export interface AccountRow {
  login: string; name: Title; kind: 'citizen' | 'firm' | 'staff' | 'system' | 'device'; organisation: string; is_active: boolean;
  has_second: boolean; must_change: boolean; created: string; last_seen: string | null; posts: AccountPost[];
}

export type WaitingKind = 'case' | 'request' | 'quarantine' | 'mapping' | 'key';
export interface Waiting {
  kind: WaitingKind;
  id: string | number;
  title: Title | string;
  dataset: string | null;
  count: number | null;
  since: string;
  due: string | null;
  days_left?: number | null;
  link: string;
}
export interface Message { id: string | number; at: string; title: Title | string; text: Title | string; link: string | null; is_read: boolean }
export interface Home {
  waiting: Waiting[];
  messages: Message[];
  recent: Batch[];
  figures: { datasets: number; records: number; batches_today: number; looks_today: number };
}
export interface MenuGroup { id: string; title: Title; items: { title: Title; link: string; icon?: string }[] }

export type ShareKind = 'unconditional' | 'conditional' | 'none';
export interface DatasetSummary {
  id: string;
  title: Title;
  package: string;
  package_title: Title;
  owner: Coded;
  grade: Grade;
  share: ShareKind;
  update: string;
  records: number | null;
  last_batch_at: string | null;
  is_late: boolean;
  score: number | null;
  field_count: number;
}
export interface Field {
  name: string;
  title: Title;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'object';
  format: string | null;
  code: string | null;
  grade: Grade;
  mask: string | null;
  is_required: boolean;
  description: Title | string | null;
  unit: Title | string | null;
  is_key: boolean;
}
export const DIMENSIONS = ['conformity', 'completeness', 'accuracy', 'consistency', 'timeliness', 'accessibility'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export type Dimensions = Partial<Record<Dimension, number | null>>;
export interface Dataset extends DatasetSummary {
  description: Title | string | null;
  key: string[];
  /* The field that names a record. */
  title_field?: string | null;
  fields: Field[];
  standard_ref: string | null;
  quality: { score: number | null; dimensions: Dimensions } | null;
  quarantined: number;
  may: { read: boolean; intake: boolean; fix: boolean; approve: boolean; request: boolean };
}
export interface Records { records: (Values & { _key: string })[]; masked: string[]; next: string | null; total: number | null; is_limited?: boolean }
export interface RecordDetail {
  record: Values;
  masked: string[];
  lineage: { batch: string | number; file: string | null; row: number | null; at: string | null; by: Title | string | null } | null;
  history: { from: string; until: string | null; batch: string | number; changes: { field: string; old: unknown; new: unknown }[] }[];
  looks: { at: string; who: string; organisation: Title | string; action: string; purpose: string | null }[];
  cases: { id: string | number; field: string; state: CaseState }[];
}
export interface Quality {
  current: { score: number | null; dimensions: Dimensions };
  trend: { day: string; score: number; dimensions: Dimensions }[];
  rules: { field: string; field_title?: Title | null; code: string; title: Title; dimension: Dimension; tested: number; passed: number }[];
}
export interface Lineage {
  batches: Batch[];
  grants: { id: string | number; organisation: Coded | Title | string; purpose: string; last_used: string | null; uses: number }[];
}
export interface CodeList { items: { code: string; title: Title; valid_from: string | null; valid_to: string | null }[]; standard_ref: string | null }
export interface PackagePage {
  id: string;
  title: Title;
  kind: 'list';
  dataset: string;
  columns: string[];
  filters: string[];
  order: string | null;
}

export type BatchState = 'mapping' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export interface Reason { code: string; title: Title; field: string | null; field_title?: Title | null; count: number }
/* What intake put right without asking, beyond doubt: blanks, full-width digits, … */
export interface Repaired { code: string; title: Title; field: string; count: number }
export interface Batch {
  id: string | number;
  dataset: string;
  title: Title;
  file: { name: string; bytes: number; digest: string; format: string; encoding: string | null };
  state: BatchState;
  progress: { bytes: number; total: number; rows: number } | null;
  counts: { rows: number; new: number; changed: number; unchanged: number; quarantined: number; fixed: number; dropped: number } | null;
  reasons?: Reason[]; // of one batch, not in lists
  repaired?: Repaired[] | null;
  same_as: string | number | null;
  corrects: string | number | null;
  error: { detail: string; detail_zh?: string; at?: string } | null;
  by: { login: string; name: Title | string };
  at: string;
  started: string | null;
  finished: string | null;
  quality: { score: number | null; dimensions: Dimensions } | number | null;
}
export type MatchHow = 'remembered' | 'exact' | 'alias' | 'similar' | 'none';
export interface MappingColumn { index: number; header: string; field: string | null; how: MatchHow; samples: string[] }
export interface Mapping {
  columns: MappingColumn[];
  missing: string[];
  header_row: number;
  sheets: string[];
  sheet: string | null;
}
export interface Problem { field: string | null; value: string | null; code: string; reason: Title; suggestion: string | null }
export type RowState = 'waiting' | 'landed' | 'dropped';
export interface BadRow { row: number; state: RowState; values: Record<string, string | null>; problems: Problem[] }
export interface Quarantine {
  rows: BadRow[];
  next: string | null;
  total: number;
  fields: Pick<Field, 'name' | 'title' | 'type' | 'format' | 'code'>[];
}

export type FilterOp = '=' | 'in' | 'starts' | '>=' | '<=';
export interface RowFilter { field: string; op: FilterOp; value: string | string[] }
export type RequestState = 'waiting' | 'approved' | 'reduced' | 'refused' | 'withdrawn';
export interface RequestTerms {
  fields: string[];
  clear: string[];
  filter: RowFilter[];
  until: string;
  quota_per_day: number;
  rate_per_second: number;
}
export interface ShareRequest extends RequestTerms {
  id: string | number;
  dataset: string;
  title: Title;
  from: { organisation: Coded | Title | string; login: string; name: Title | string };
  purpose: string;
  legal_basis: string;
  state: RequestState;
  due: string | null;
  days_left?: number | null;
  note: string | null;
  decided_by: { login: string; name: Title | string } | Title | string | null;
  decided_at: string | null;
  grant: string | number | null;
  at: string;
}
export type GrantState = 'active' | 'revoked' | 'expired';
export interface Grant {
  id: string | number;
  request: string | number;
  dataset: string;
  title: Title;
  organisation: Coded | Title | string;
  fields: { name: string; title: Title; is_masked: boolean }[];
  filter: RowFilter[];
  purpose: string;
  legal_basis: string;
  from: string;
  until: string;
  quota_per_day: number;
  used_today: number;
  rate_per_second: number;
  state: GrantState;
  has_key: boolean;
  last_used: string | null;
  revoked_reason: string | null;
}
export type CaseState = 'open' | 'fixed' | 'rejected';
export interface Case {
  id: string | number;
  kind: 'wrong-value' | 'late-feed' | 'objection' | 'unusual-look';
  look?: UnusualLook; // what a case about somebody's looks stands on
  dataset: string;
  title?: Title; // of the dataset
  field_title?: Title | null;
  key: string | null;
  field: string | null;
  value: unknown;
  proposed: string | null;
  note: string | null;
  state: CaseState;
  due: string | null;
  days_left: number | null;
  reporter: { login: string; name: Title | string; organisation: Coded | Title | string } | null;
  owner: Coded;
  answer: string | null;
  at: string;
  closed_at: string | null;
}
export interface CopyField {
  field: string;
  title: Title;
  treatment: 'leave' | 'omit' | 'replace' | 'shift' | 'guard';
  as: string | null;
}
export interface UnusualLook {
  who: { login: string; name: Title | null; organisation: Coded };
  rule: string;
  title: Title;
  kind: string;
  day: string;
  measure: number;
  usual: number | null;
  evidence: { id: string; at: string; action: string; dataset: string; key: string | null; count: number; purpose: string | null; address: string | null }[];
}
export interface AuditEvent {
  id: string | number;
  at: string;
  who: string | null;
  organisation: Coded | Title | string | null;
  via: 'desk' | 'share' | 'command';
  action: string;
  dataset: string | null;
  key: string | null;
  count: number | null;
  fields: string[] | null;
  purpose: string | null;
  grant: string | number | null;
  result: string;
  address: string | null;
}
/* How far the audit is sealed and signed. */
export interface AuditState {
  sealed_upto: number | null;
  unsealed: number;
  checkpoint: number | null;
  signed_upto: number | null;
  signed_at: string | null;
  key: string | null;
  records: number | null;
  clock_back_ms: number | null;
  public_key: string | null;
  may_export: boolean;
}

/* Decision models. */
export interface RuleElement { name: string; id: string; type: 'boolean' | 'number' | 'string' | 'date' | 'time' | 'date-time' | 'any' }
export interface RuleModel {
  id: string; title: Title; package: string; package_title: Title; digest: string; case_count: number;
  inputs: RuleElement[]; decisions: RuleElement[]; datasets: { id: string; title: Title; inputs: number; fields: { name: string; title: Title; is_input: boolean; is_counted_by: boolean; cut?: { name: 'town' | 'age'; title: Title } }[] }[];
}
export interface RuleCase { name: string; decision: string; given: Record<string, unknown>; expect: unknown }
export interface RuleDetail extends RuleModel { cases: RuleCase[]; version: number; xml: string }
export interface RuleVersion {
  version: number; base: number; state: 'draft' | 'submitted' | 'approved' | 'refused'; revision: number; author: string; at: string; note: string; digest: string;
  saved_by: string; saved_at: string; submitted_by: string | null; submitted_at: string | null; decided_by: string | null; decided_at: string | null;
  reason: string | null; in_force_from: string | null;
}
export interface RuleVersions { in_force: number; package_digest: string; versions: RuleVersion[]; may: { draft: boolean; approve: boolean } }
export interface SimulatedCases { total: number; is_limited: boolean; cases: { key: string; title: string | null; result: unknown; against: unknown }[] }
export interface RuleSaved { version: number; revision: number; state: RuleVersion['state'] }
export interface RuleStep { input?: string; decision?: string; value?: unknown; table?: string; rule?: number | string; id?: string; outputs?: unknown[] }
export interface Decided { decision: string; result: unknown; steps: RuleStep[]; model: string }
export interface SimulatedSums { rows: number; null: number; numbers: number; total: number; against_total?: number; gain?: number; lose?: number; stay?: number; changed?: number }
export interface SimulatedGroup extends SimulatedSums { value: string; title?: Title }
export interface SimulatedReport {
  all: SimulatedSums & { warnings: number };
  fields: Record<string, Title>;
  classes: { value: string | null; rows: number; against_rows?: number }[];
  by: Record<string, SimulatedGroup[]>;
}
/* What a simulation is asked with: to compare, a draft as DMN text or the number of a version. */
export interface SimulationAsked { dataset: string; decision: string; parameters: Record<string, unknown>; by: string[]; against?: string | number; version?: number; run?: string }
export type Simulated = { run: string; is_limited: boolean; record: { model: string; version: number; data: string; decision: string; report?: string } } & (({ state: 'done' } & SimulatedReport) | { state: 'stopped' });
export interface RuleRun { run: string; state: 'done' | 'stopped'; version: number; model: string; data: string; compares: boolean; rows: number; is_limited: boolean; report_digest: string; login: string; at: string; ms: number }
export type RuleRunNow = { run: string; state: 'running'; rows: number; expected: number } | (RuleRun & { request: SimulationAsked | null; report: SimulatedReport | null });
