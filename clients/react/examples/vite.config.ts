import { defineConfig } from 'vite';

// The server that the page talks to, through vite. It answers pages of its own origin alone, which
// is what the requests are given; spool serve --allow-origin is the other way.
const target = process.env.SPOOL_URL ?? 'http://127.0.0.1:3000';
const proxy = { target, changeOrigin: true, ws: true, headers: { origin: target } };

export default defineConfig({ server: { host: '127.0.0.1', fs: { allow: ['..'] }, proxy: { '/api': proxy, '/ws': proxy } } });
