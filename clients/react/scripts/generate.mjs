// Writes the types of what goes over the wire, from the server's own descriptions of it:
//
//     node scripts/generate.mjs            writes src/client/protocol.gen.ts
//     node scripts/generate.mjs --check    fails if that is not what it would write

import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const target = new URL('../src/client/protocol.gen.ts', import.meta.url);
const documents = ['asyncapi', 'openapi'].map((name) => JSON.parse(readFileSync(new URL(`../../../docs/${name}.json`, import.meta.url), 'utf8')));

/** All schemas of both documents. One that is in both must be the same, as far as types go. */
function schemas() {
  const all = new Map();
  for (const [name, schema] of documents.flatMap((document) => Object.entries(document.components.schemas))) {
    if (!all.has(name)) all.set(name, schema);
    else if (!isDeepStrictEqual(type(all.get(name)), type(schema))) throw new Error(`the documents do not agree about ${name}`);
  }
  return all;
}

/** The type of a schema, as TypeScript has it. Bounds and patterns are no types. */
function type(schema, indent = '') {
  if (schema === true || schema === undefined) return 'unknown';
  if (schema.$ref) return schema.$ref.split('/').at(-1);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const union = schema.oneOf ?? (schema.properties ? undefined : schema.anyOf);
  if (union) return union.map((part) => type(part, indent)).join(' | ');
  if (schema.allOf) return intersection(schema, indent);
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one }, indent)).join(' | ');
  return ofKind(schema, indent);
}

/** All parts at once. Conditions among them bound values, and are no types. */
function intersection({ allOf, ...own }, indent) {
  const parts = [own, ...allOf].filter((part) => part.$ref || part.properties || part.oneOf || part.type);
  return parts.map((part) => type(part, indent)).join(' & ') || 'unknown';
}

function ofKind(schema, indent) {
  switch (schema.type) {
    case 'integer': return 'number';
    case 'array': return list(type(schema.items, indent));
    case 'object': return object(schema, indent);
    case 'string': case 'number': case 'boolean': case 'null': return schema.type;
    default: return schema.properties ? object(schema, indent) : 'unknown';
  }
}

const list = (of) => (/[|&]/.test(of) ? `(${of})[]` : `${of}[]`);

function object({ properties, required = [], additionalProperties }, indent) {
  if (!properties) return `Record<string, ${typeof additionalProperties === 'object' ? type(additionalProperties, indent) : 'unknown'}>`;
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, of]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${comment(of, inner)}${inner}${key}${required.includes(name) ? '' : '?'}: ${type(of, inner)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

function comment({ description }, indent = '') {
  return description ? `${indent}/** ${description.replaceAll('*/', '* /').replaceAll('\n', `\n${indent} * `)} */\n` : '';
}

function declaration([name, schema]) {
  const of = type(schema);
  const isInterface = of.startsWith('{') && of.endsWith('}');
  return `${comment(schema)}export ${isInterface ? `interface ${name} ${of}` : `type ${name} = ${of};`}\n`;
}

const text = `// Generated from docs/asyncapi.json and docs/openapi.json: npm run generate\n\n${[...schemas()].map(declaration).join('\n')}`;
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/client/protocol.gen.ts is not what the documents say: npm run generate');
  process.exit(1);
}
