import type { ApprovalContext } from '@spool/react';
import { useSpool } from '@spool/react';
import { useEffect, useState } from 'react';
import { reasonOf } from '../text/reason.js';

/** A request as the server will act on it. */
export interface OpenApproval {
  id: string;
  state: string;
  tool: string;
  input: unknown;
  context?: ApprovalContext & { reason?: string };
  expiresAt?: string;
}

/** The whole of a request: a frame of the journal may have only a part of a long input. */
export function useOpenApproval(id: string) {
  const { http } = useSpool();
  const [record, setRecord] = useState<OpenApproval>();
  const [problem, setProblem] = useState<string>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let current = true;
    setProblem(undefined);
    http.json<OpenApproval>('GET', `/api/approvals/${encodeURIComponent(id)}`).then(
      (found) => current && setRecord(found),
      (error: Error) => current && setProblem(reasonOf(error)),
    );
    return () => {
      current = false;
    };
  }, [http, id, tries]);
  return { record, problem, retry: () => setTries(tries + 1) };
}
