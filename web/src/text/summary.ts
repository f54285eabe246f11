/** The keys that say most about a call, the best first. */
const telling = ['command', 'file_path', 'path', 'pattern', 'query', 'url', 'description', 'prompt'];

/** A call in one line, for a heading: never all of it. */
export function summaryOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const entries = input as Record<string, unknown>;
  const key = telling.find((name) => Object.hasOwn(entries, name) && typeof entries[name] === 'string');
  const text = key ? (entries[key] as string) : JSON.stringify(input);
  return text.replace(/\s+/g, ' ').slice(0, 200);
}
