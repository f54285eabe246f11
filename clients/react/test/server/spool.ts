// The real server with its stand-in agent.

import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));

export class Spool {
  readonly #dir = mkdtempSync(join(tmpdir(), 'spool-react-'));
  readonly #binary = process.env['SPOOL_BINARY'] ?? this.#build();
  #child: ChildProcess | undefined;
  #listen = '127.0.0.1:0';

  get url(): string {
    return `http://${this.#listen}`;
  }

  async start(): Promise<void> {
    const flags = ['--demo', `--listen=${this.#listen}`, `--data-dir=${join(this.#dir, 'data')}`, '--drain-grace=1s'];
    this.#child = spawn(this.#binary, flags, { env: { PATH: process.env['PATH'], HOME: this.#dir }, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    this.#child.stderr!.on('data', (text) => (log += text));
    for await (const line of createInterface({ input: this.#child.stdout! })) {
      const [, address] = /^listening on http:\/\/(\S+)$/.exec(line) ?? [];
      if (!address) continue;
      this.#listen = address;
      this.#child.stdout!.resume();
      return;
    }
    throw new Error(`the server did not start: ${log}`);
  }

  /** Ends the server with a signal: SIGKILL leaves it no time for anything. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child!;
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
  }

  async remove(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #build(): string {
    const binary = join(this.#dir, 'spool');
    execFileSync('go', ['build', '-o', binary, '.'], { cwd: repository, stdio: 'inherit' });
    return binary;
  }
}
