import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The hooks' tests with one version of React, from the packages of a folder. */
function react(version: string, folder: string) {
  const packages = fileURLToPath(new URL(`${folder}node_modules/`, import.meta.url));
  return {
    resolve: { alias: [{ find: /^(react|react-dom|@testing-library\/react)(?=\/|$)/, replacement: `${packages}$1` }] },
    test: { name: `react ${version}`, environment: 'happy-dom', include: ['test/react/*.test.tsx'], env: { REACT: version } },
  };
}

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'client', environment: 'node', include: ['test/{client,ai,package}/*.test.ts'] } },
      { test: { name: 'server', environment: 'node', include: ['test/server/*.test.ts'], testTimeout: 20_000 } },
      react('19', './'),
      react('18', './test/react18/'),
    ],
  },
});
