import { useSpool } from '@spool/react';
import { useEffect, useState } from 'react';
import { reasonOf } from '../text/reason.js';

export interface Answer<T> {
  readonly value: T | undefined;
  readonly problem: string | undefined;
}

/** What a route of the server answers, asked again after so many milliseconds, and when the page is looked at again; an empty path asks nothing. */
export function useAnswer<T>(path: string, again: number): Answer<T> {
  const { http } = useSpool();
  const [answer, setAnswer] = useState<Answer<T> & { path: string }>({ value: undefined, problem: undefined, path });
  useEffect(() => {
    if (path === '') return;
    let current = true;
    const ask = (): void => {
      if (document.visibilityState === 'hidden') return;
      http.json<T>('GET', path).then(
        (value) => current && setAnswer({ value, problem: undefined, path }),
        (error: Error) => current && setAnswer((before) => ({ value: before.path === path ? before.value : undefined, problem: reasonOf(error), path })),
      );
    };
    ask();
    const timer = again > 0 ? setInterval(ask, again) : undefined;
    document.addEventListener('visibilitychange', ask);
    return () => {
      current = false;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [http, path, again]);
  return answer.path === path ? answer : { value: undefined, problem: undefined };
}
