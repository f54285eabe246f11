import { mergeConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import vite from './vite.config.js';

export default mergeConfig(vite, defineConfig({ test: { include: ['test/**/*.test.{ts,tsx}'], testTimeout: 60_000 } }));
