import { useState } from 'react';
import { reasonOf } from '../text/reason.js';

/** Like attempt, in a window: a notice would stand behind it, so what could not be done is told in place. */
export function useProblem(): { problem: string; attempt: (what: string, action: () => Promise<unknown>) => Promise<boolean> } {
  const [problem, setProblem] = useState('');
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<boolean> => {
    setProblem('');
    try {
      await action();
      return true;
    } catch (error) {
      setProblem(`${what}: ${reasonOf(error)}`);
      return false;
    }
  };
  return { problem, attempt };
}
