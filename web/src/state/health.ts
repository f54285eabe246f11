import type { Answer } from './answers.js';
import { useAnswer } from './answers.js';

/** What /api/health tells, as far as the page shows it. */
export interface Health {
  status: string;
  version: string;
  demo: boolean;
  cli: { found: boolean; version?: string; problem?: string; hint?: string };
  runs: { running: number; max: number; queued: number; maxQueue: number };
  sockets: { open: number; max: number };
  storage: { low: boolean };
  /** What messages may choose; * is anything. Missing on a server that says nothing of it. */
  allows?: { models: string[]; permissionModes: string[] };
  limits: { runTimeoutSeconds: number };
  words?: { word: string; what: string }[];
}

export const useHealth = (again: number): Answer<Health> => useAnswer<Health>('/api/health', again);
