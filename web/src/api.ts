/* The typed client of docs/api.md.  Every call answers its value or throws an ApiProblem. */
import { ApiProblem, problemFrom, problemOf } from './problem';
import { queryOf, type Params } from './filters';
import type * as O from './open-types';
import type * as T from './types';

const BASE = '/api/v1';
let csrf: string | null = null;
let onSignedOut: () => void = () => undefined;

export function setCsrf(token: string | null) {
  csrf = token;
}
/* Called when the server no longer knows the session. */
export function setOnSignedOut(fn: () => void) {
  onSignedOut = fn;
}

async function readBody(res: Response): Promise<unknown> {
  const text = await res.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function call<A>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<A> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  let res: Response;
  try {
    res = await fetch(BASE + path, { method, headers, signal, credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw problemOf(cause);
  }
  const answer = await readBody(res);
  if (!res.ok) {
    if (res.status === 401 && path !== '/session') onSignedOut();
    throw problemFrom(res.status, answer);
  }
  return answer as A;
}

const get = <A>(path: string, params?: Params, signal?: AbortSignal) => call<A>('GET', path + queryOf(params), undefined, signal);
const post = <A>(path: string, body: unknown = {}) => call<A>('POST', path, body);
const seg = (part: string | number) => encodeURIComponent(String(part));

export type Uploaded = { batch: T.Batch } & T.Mapping;

/* XMLHttpRequest, because fetch cannot tell how much of a body has been sent. */
function sendFile(dataset: string, file: File, corrects: string | null, onProgress: (sent: number) => void, signal: AbortSignal) {
  return new Promise<Uploaded>((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `${BASE}/intake/${seg(dataset)}/files${queryOf({ name: file.name, corrects })}`);
    xhr.setRequestHeader('Content-Type', 'application/octet-stream');
    if (csrf) xhr.setRequestHeader('X-CSRF-Token', csrf);
    xhr.upload.onprogress = (e) => onProgress(e.loaded);
    xhr.onerror = () => reject(new ApiProblem('OFFLINE', 0, 'the connection broke while sending the file'));
    xhr.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(xhr.responseText);
      } catch {
        /* not JSON: problemFrom says so by the status */
      }
      if (xhr.status >= 200 && xhr.status < 300) resolve(body as Uploaded);
      else {
        if (xhr.status === 401) onSignedOut();
        reject(problemFrom(xhr.status, body));
      }
    };
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(file);
  });
}

export const api = {
  signIn: (login: string, password: string, more: T.SignInMore = {}) => post<T.Session | T.Needs>('/session', { login, password, ...more }),
  session: () => get<T.Session>('/session'),
  openList: (q: string, signal?: AbortSignal) => get<{ county: T.Title; releases: O.OpenRelease[] }>('/open', { q }, signal),
  openOne: (id: string, signal?: AbortSignal) => get<{ release: O.OpenRelease }>(`/open/${seg(id)}`, undefined, signal),
  openings: (signal?: AbortSignal) => get<{ releases: O.OpenRelease[] }>('/opening/releases', undefined, signal),
  openChoices: (signal?: AbortSignal) => get<O.OpenChoices>('/opening/choices', undefined, signal),
  measureOpening: (body: unknown) => post<{ refused: T.Title | null; measures: O.OpenMeasures | null }>('/opening/measure', body),
  prepareOpening: (body: unknown) => post<O.OpenRelease>('/opening/releases', body),
  decideOpening: (id: number, what: 'approve' | 'refuse' | 'withdraw', reason?: string) => post<O.OpenRelease>(`/opening/releases/${seg(id)}/${what}`, reason ? { reason } : {}),
  exchangePartners: (signal?: AbortSignal) => get<{ me: string; partners: O.ExchangePartner[] }>('/exchange/partners', undefined, signal),
  exchangeAgreements: (signal?: AbortSignal) => get<{ agreements: O.ExchangeAgreement[] }>('/exchange/agreements', undefined, signal),
  exchangeMessages: (signal?: AbortSignal) => get<{ messages: O.ExchangeMessage[] }>('/exchange/messages', undefined, signal),
  exchangeDeliver: (id: string) => post<O.ExchangeAgreement>(`/exchange/agreements/${seg(id)}/deliver`),
  signOut: () => call<null>('DELETE', '/session'),
  pending: (id: string, signal?: AbortSignal) => get<T.Pending>(`/authorize/${seg(id)}`, undefined, signal),
  agree: (id: string, allow: boolean) => post<{ redirect: string }>(`/authorize/${seg(id)}`, { allow }),
  signedOut: (id: string) => post<{ redirect: string }>(`/signed-out/${seg(id)}`),
  second: (signal?: AbortSignal) => get<T.Second>('/account/second', undefined, signal),
  enrol: (code?: string) => post<T.SecondOffer>('/account/second', code ? { code } : {}),
  secondOff: (code: string) => call<null>('DELETE', `/account/second${queryOf({ code })}`),
  passkeys: (signal?: AbortSignal) => get<{ passkeys: T.Passkey[] }>('/account/passkeys', undefined, signal),
  passkeyBegin: () => post<{ challenge: string; host: string; user: string; login: string; have: string[] }>('/account/passkeys/begin'),
  passkeyAdd: (body: { client_data: string; auth_data: string; public_key: string; title: string }) => post<unknown>('/account/passkeys', body),
  passkeyRemove: (id: string) => call<null>('DELETE', `/account/passkeys/${seg(id)}`),
  providers: () => get<{ providers: { id: string; title: T.Title }[] }>('/session/providers'),
  passkeyChallenge: () => post<{ challenge: string; host: string }>('/session/passkey/begin'),
  passkeySignIn: (body: { id: string; client_data: string; auth_data: string; signature: string }) => post<T.Session>('/session/passkey', body),
  changePassword: (password: string, new_password: string) => post<null>('/account/password', { password, new_password }),
  ownSessions: (signal?: AbortSignal) => get<{ sessions: T.OwnSession[]; systems: T.OwnSystem[] }>('/account/sessions', undefined, signal),
  endSession: (id: number) => call<null>('DELETE', `/account/sessions/${id}`),
  endSystem: (id: number) => call<null>('DELETE', `/account/systems/${id}`),
  accounts: (params?: Params, signal?: AbortSignal) => get<{ accounts: T.AccountRow[]; next: string | null }>('/accounts', params, signal),
  makeAccount: (body: unknown) => post<{ account: T.AccountRow; password: string }>('/accounts', body),
  changeAccount: (login: string, what: 'close' | 'open' | 'reset') => post<{ account: T.AccountRow; password?: string }>(`/accounts/${seg(login)}/${what}`),
  home: (signal?: AbortSignal) => get<T.Home>('/home', undefined, signal),
  readMessage: (id: string | number) => post<null>(`/messages/${seg(id)}/read`),
  menu: () => get<{ groups: T.MenuGroup[] }>('/menu'),

  datasets: (params?: Params, signal?: AbortSignal) => get<{ datasets: T.DatasetSummary[] }>('/datasets', params, signal),
  dataset: (id: string, signal?: AbortSignal) => get<T.Dataset>(`/datasets/${seg(id)}`, undefined, signal),
  records: (id: string, params?: Params, signal?: AbortSignal) => get<T.Records>(`/datasets/${seg(id)}/records`, params, signal),
  record: (id: string, key: string, signal?: AbortSignal) => get<T.RecordDetail>(`/datasets/${seg(id)}/records/${seg(key)}`, undefined, signal),
  report: (id: string, key: string, body: { field: string; proposed: string; note: string }) =>
    post<{ case: T.Case | string | number }>(`/datasets/${seg(id)}/records/${seg(key)}/report`, body),
  quality: (id: string, signal?: AbortSignal) => get<T.Quality>(`/datasets/${seg(id)}/quality`, undefined, signal),
  lineage: (id: string, signal?: AbortSignal) => get<T.Lineage>(`/datasets/${seg(id)}/lineage`, undefined, signal),
  codes: (list: string) => get<T.CodeList>(`/codes/${seg(list)}`),
  page: (id: string, signal?: AbortSignal) => get<T.PackagePage>(`/pages/${seg(id)}`, undefined, signal),

  sendFile,
  mapping: (id: string, signal?: AbortSignal) => get<T.Mapping>(`/batches/${seg(id)}/mapping`, undefined, signal),
  start: (id: string, columns: (string | null)[]) => post<T.Batch>(`/batches/${seg(id)}/start`, { columns }),
  cancel: (id: string) => post<T.Batch | null>(`/batches/${seg(id)}/cancel`),
  batches: (params?: Params, signal?: AbortSignal) => get<{ batches: T.Batch[]; next: string | null }>('/batches', params, signal),
  batch: (id: string, signal?: AbortSignal) => get<T.Batch>(`/batches/${seg(id)}`, undefined, signal),
  quarantine: (id: string, params?: Params, signal?: AbortSignal) => get<T.Quarantine>(`/batches/${seg(id)}/quarantine`, params, signal),
  fixRow: (id: string, row: number, values: Record<string, string>) =>
    call<{ row: number; state: T.RowState; problems: T.Problem[] }>('PUT', `/batches/${seg(id)}/quarantine/${row}`, { values }),
  acceptAll: (id: string, reason: string, field: string) =>
    post<{ landed: number; waiting: number }>(`/batches/${seg(id)}/quarantine/accept`, { reason, field }),
  dropRow: (id: string, row: number, note: string) => post<unknown>(`/batches/${seg(id)}/quarantine/${row}/drop`, { note }),
  badRowsUrl: (id: string | number) => `${BASE}/batches/${seg(id)}/quarantine.csv`,

  ask: (body: T.RequestTerms & { dataset: string; purpose: string; legal_basis: string }) => post<T.ShareRequest>('/requests', body),
  requests: (params?: Params, signal?: AbortSignal) => get<{ requests: T.ShareRequest[]; next: string | null }>('/requests', params, signal),
  request: (id: string, signal?: AbortSignal) => get<T.ShareRequest>(`/requests/${seg(id)}`, undefined, signal),
  approve: (id: string | number, body: T.RequestTerms & { note: string }) =>
    post<{ request: T.ShareRequest; grant: T.Grant }>(`/requests/${seg(id)}/approve`, body),
  refuse: (id: string | number, reason: string) => post<unknown>(`/requests/${seg(id)}/refuse`, { reason }),
  withdraw: (id: string | number, reason: string) => post<unknown>(`/requests/${seg(id)}/withdraw`, { reason }),
  grants: (params?: Params, signal?: AbortSignal) => get<{ grants: T.Grant[]; next: string | null }>('/grants', params, signal),
  grant: (id: string, signal?: AbortSignal) => get<T.Grant>(`/grants/${seg(id)}`, undefined, signal),
  makeKey: (id: string | number) => post<{ key: string }>(`/grants/${seg(id)}/key`),
  revoke: (id: string | number, reason: string) => post<unknown>(`/grants/${seg(id)}/revoke`, { reason }),
  openapiUrl: (id: string | number) => `${BASE}/share/${seg(id)}/openapi.json`,
  shareUrl: (id: string | number, key?: string) => `${BASE}/share/${seg(id)}/records${key ? `/${seg(key)}` : ''}`,

  cases: (params?: Params, signal?: AbortSignal) => get<{ cases: T.Case[]; next: string | null }>('/cases', params, signal),
  case: (id: string, signal?: AbortSignal) => get<T.Case>(`/cases/${seg(id)}`, undefined, signal),
  fixCase: (id: string | number, value: string, note: string) => post<unknown>(`/cases/${seg(id)}/fix`, { value, note }),
  rejectCase: (id: string | number, note: string) => post<unknown>(`/cases/${seg(id)}/reject`, { note }),
  rules: (signal?: AbortSignal) => get<{ rules: T.RuleModel[] }>('/rules', undefined, signal),
  rule: (id: string, signal?: AbortSignal) => get<T.RuleDetail>(`/rules/${seg(id)}`, undefined, signal),
  decide: (id: string, body: { decision: string; inputs: Record<string, unknown> }) => post<T.Decided>(`/rules/${seg(id)}/decide`, body),
  simulate: (id: string, body: T.SimulationAsked) => post<T.Simulated>(`/rules/${seg(id)}/simulate`, body),
  ruleRuns: (id: string, signal?: AbortSignal) => get<{ runs: T.RuleRun[] }>(`/rules/${seg(id)}/runs`, undefined, signal),
  ruleRun: (id: string, run: string, signal?: AbortSignal) => get<T.RuleRunNow>(`/rules/${seg(id)}/runs/${seg(run)}`, undefined, signal),
  stopRun: (id: string, run: string) => post<null>(`/rules/${seg(id)}/runs/${seg(run)}/stop`),
  why: (params: Params, signal?: AbortSignal) => get<T.Why>('/why', params, signal),
  openGlass: (id: string, key: string, reason: string) => post<{ until: string }>(`/datasets/${seg(id)}/records/${seg(key)}/break-glass`, { reason }),
  glasses: (signal?: AbortSignal) => get<{ looks: T.EmergencyLook[] }>('/break-glass', undefined, signal),
  reviewGlass: (id: number, body: { state: string; note: string }) => post<unknown>(`/break-glass/${seg(id)}/review`, body),
  delegations: (signal?: AbortSignal) => get<{ delegations: T.Delegation[] }>('/delegations', undefined, signal),
  delegate: (body: { post: number; to: string; until: string; reason: string }) => post<{ id: number }>('/delegations', body),
  endDelegation: (id: number) => post<unknown>(`/delegations/${seg(id)}/end`),
  myRecords: (signal?: AbortSignal) => get<{ records: T.MyRecord[] }>('/my/records', undefined, signal),
  myLooks: (dataset: string, key: string, signal?: AbortSignal) => get<{ looks: T.MyLook[] }>('/my/looks', { dataset, key }, signal),
  objectTo: (body: { dataset: string; key: string; look: string; note: string }) => post<{ case: number; due: string }>('/my/objections', body),
  copyAddress: (id: string, params: Params) => `${BASE}/datasets/${seg(id)}/copy${queryOf(params)}`,
  copyPlan: (id: string, s?: AbortSignal) => get<{ fields: T.CopyField[] }>(`/datasets/${seg(id)}/copy/plan`, undefined, s),
  exportAddress: (id: string, kind: 'csv' | 'xlsx', params: Params) => `${BASE}/datasets/${seg(id)}/records.${kind}${queryOf(params)}`,
  simulatedCases: (id: string, body: Record<string, unknown>) => post<T.SimulatedCases>(`/rules/${seg(id)}/cases`, body),
  ruleVersions: (id: string, signal?: AbortSignal) => get<T.RuleVersions>(`/rules/${seg(id)}/versions`, undefined, signal),
  ruleVersion: (id: string, version: number) => get<{ version: number; digest: string; xml: string }>(`/rules/${seg(id)}/versions/${version}`),
  makeRuleDraft: (id: string, body: { text: string; note: string; base: number }) => post<T.RuleSaved>(`/rules/${seg(id)}/versions`, body),
  saveRuleDraft: (id: string, version: number, body: { text: string; note: string; revision: number }) => call<T.RuleSaved>('PUT', `/rules/${seg(id)}/versions/${version}`, body),
  submitRule: (id: string, version: number, revision: number) => post<T.RuleSaved>(`/rules/${seg(id)}/versions/${version}/submit`, { revision }),
  approveRule: (id: string, version: number, from: string) => post<T.RuleSaved>(`/rules/${seg(id)}/versions/${version}/approve`, { from }),
  refuseRule: (id: string, version: number, reason: string) => post<T.RuleSaved>(`/rules/${seg(id)}/versions/${version}/refuse`, { reason }),
  audit: (params?: Params, signal?: AbortSignal) => get<{ events: T.AuditEvent[]; next: string | null }>('/audit', params, signal),
  auditState: (signal?: AbortSignal) => get<T.AuditState>('/audit/state', undefined, signal),
  auditExportUrl: (from?: string, to?: string) => `${BASE}/audit/export?${new URLSearchParams({ ...(from && { from }), ...(to && { to }) })}`,
  auditProofUrl: (id: string | number) => `${BASE}/audit/proof?record=${seg(id)}`,
};
