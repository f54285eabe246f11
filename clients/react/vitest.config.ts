import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** How long a test may take, in ms: others use the machine too. It is reached only by a failure. */
const testTimeout = 20_000;

/** The hooks' tests with one version of React, from the packages of a folder. */
function react(version: string, folder: string) {
  const packages = fileURLToPath(new URL(`${folder}node_modules/`, import.meta.url));
  return {
    resolve: { alias: [{ find: /^(react|react-dom|@testing-library\/react)(?=\/|$)/, replacement: `${packages}$1` }] },
    test: { name: `react ${version}`, environment: 'happy-dom', include: ['test/react/*.test.tsx'], setupFiles: ['test/react/setup.ts'], env: { REACT: version }, testTimeout },
  };
}

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'client', environment: 'node', include: ['test/{client,ai,package}/*.test.ts'], testTimeout } },
      { test: { name: 'server', environment: 'node', include: ['test/server/*.test.ts'], testTimeout: 3 * testTimeout } },
      react('19', './'),
      react('18', './test/react18/'),
    ],
  },
});
