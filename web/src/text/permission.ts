// What a suggestion would allow from now on, in words. All of it is shown: a part may matter.

interface Rule {
  toolName?: unknown;
  ruleContent?: unknown;
}

interface Suggestion {
  type?: unknown;
  rules?: unknown;
  behavior?: unknown;
  directories?: unknown;
  mode?: unknown;
  destination?: unknown;
}

const where: Readonly<Record<string, string>> = {
  session: 'in this conversation',
  localSettings: 'in this workspace, for you',
  projectSettings: 'in this workspace, for everybody',
  userSettings: 'everywhere, for you',
};

/** The words for a suggestion, or undefined for one of a kind that is not known. */
export function wordsFor(suggestion: unknown): string | undefined {
  if (typeof suggestion !== 'object' || suggestion === null) return undefined;
  const { type, destination, ...rest } = suggestion as Suggestion;
  const place = typeof destination === 'string' && Object.hasOwn(where, destination) ? where[destination] : undefined;
  const what = place && whatFor(type, rest);
  return what && `${what} ${place}`;
}

function whatFor(type: unknown, { rules, behavior, directories, mode }: Suggestion): string | undefined {
  if (type === 'addRules' && behavior === 'allow' && isList(rules, isRule)) return `Always allow ${rules.map(ruleText).join(', ')}`;
  if (type === 'setMode' && typeof mode === 'string') return `Switch to the mode ${mode}`;
  if (type === 'addDirectories' && isList(directories, (entry) => typeof entry === 'string')) return `Always allow ${directories.join(', ')}`;
  return undefined;
}

const isList = <T>(value: unknown, is: (entry: unknown) => entry is T): value is T[] => Array.isArray(value) && value.length > 0 && value.every(is);

function isRule(entry: unknown): entry is Rule {
  return typeof entry === 'object' && entry !== null && typeof (entry as Rule).toolName === 'string';
}

function ruleText({ toolName, ruleContent }: Rule): string {
  return typeof ruleContent === 'string' ? `${String(toolName)}(${ruleContent})` : `every ${String(toolName)}`;
}
