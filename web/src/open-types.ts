/* What /api/v1/open, /opening and /exchange answer. */
import type { Title } from './types';

export interface OpenField { name: string; treatment: string; role: string; title: Title }
export interface OpenMeasures {
  records?: number; published?: number; suppressed?: number; k?: number; k_before?: number; wanted?: number; groups?: number; epsilon?: number;
}
export interface OpenRelease {
  id: number; name: string; version: number; dataset: string; kind: 'records' | 'counts'; title: Title; description: string; k: number | null;
  epsilon: number | null; measures: OpenMeasures; rows: number; state: 'prepared' | 'open' | 'refused' | 'withdrawn'; reason: string | null;
  login: string; decided_by: string | null; at: string; decided_at: string | null; files: { name: string; type: string; bytes: number; sha256: string }[] | null;
  downloads: number; fields: OpenField[]; licence: { id: string; url: string; title: Title } | null; owner: { title: Title };
}
export interface OpenChoices {
  treatments: { name: string; for: 'any' | 'date' | 'number' | 'text'; title: Title }[];
  licences: { id: string; url: string; title: Title }[];
  datasets: { id: string; title: Title; least_k: number; budget: number }[];
}
export interface ExchangePartner { id: string; title: Title; division: string; url: string; waiting: number; sent: number; received: number; error: string | null }
export interface ExchangeAgreement {
  id: string; side: 'giver' | 'taker'; partner: { id: string; title: Title }; dataset: string; title: Title; purpose: string; until: string;
  state: string; reason: string | null; records: number;
}
export interface ExchangeMessage {
  id: string; direction: 'in' | 'out'; partner: string; sequence: number; type: string; records: number; state: string; reason: string | null;
  outcome: { new?: number; changed?: number; quarantined?: number } | null; error: string | null; at: string; has_receipt: boolean;
}
