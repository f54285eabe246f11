import { SpoolError } from '@spool/react';
import { expect, test } from 'vitest';
import { reasonOf } from '../src/text/reason.js';

test('a server that is away is told in our words, everything else in its own', () => {
  expect(reasonOf(new SpoolError('CONNECTION_LOST', 'Failed to fetch'))).toMatch(/^the server cannot be reached/);
  expect(reasonOf(new SpoolError('STORAGE_FULL', 'the disk is nearly full', 507))).toBe('the disk is nearly full');
  expect(reasonOf(new Error('broken'))).toBe('broken');
  expect(reasonOf('odd')).toBe('odd');
});
