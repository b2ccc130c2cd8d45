import { ERRORS, type ErrorCode } from '../errors.ts';
import { html, shell } from '../page.ts';
import type { ApiDocument, Operation } from './document.ts';

/**
 * The reference as one page, made of the document: no script, nothing fetched, readable where there is no internet. Whoever wants to
 * try calls out in a tool gives it `/v1/openapi.json`.
 */
export function referencePage(document: ApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const chapters = document.tags.map(({ name, description }) => ({
    name,
    description,
    operations: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const contents = chapters
    .map(
      ({ name, operations: those }) =>
        `<li><a href="#${slug(name)}">${html(name)}</a><ul>${those
          .map(({ operation: { operationId, summary } }) => `<li><a href="#${operationId}">${html(summary)}</a></li>`)
          .join('')}</ul></li>`,
    )
    .join('');
  const body = chapters
    .map(
      ({ name, description, operations: those }) =>
        `<section><h2 id="${slug(name)}">${html(name)}</h2><p>${prose(description)}</p>${those
          .map((each) => operationPart(document, each))
          .join('')}</section>`,
    )
    .join('');
  const schemas = Object.entries(document.components.schemas)
    .map(([name, schema]) => `<h3 id="schema-${name}">${html(name)}</h3>${schemaTable(schema as Json)}`)
    .join('');
  const errors = Object.keys(ERRORS)
    .map(
      (code) =>
        `<li><a href="/problems/${code}"><code>${code}</code></a> ${html(ERRORS[code as ErrorCode].title)}</li>`,
    )
    .join('');
  return shell(
    'Plimsoll API',
    `<nav aria-label="Contents"><ul>${contents}<li><a href="#schemas">Schemas</a></li><li><a href="#errors">Errors</a></li></ul></nav>
<main><h1>Plimsoll API</h1>${String(document.info.description)
      .split('\n\n')
      .map((paragraph) => `<p>${prose(paragraph)}</p>`)
      .join('')}
<p>The same for tools: <a href="/v1/openapi.json">OpenAPI 3.1</a>.</p>${body}
<section><h2 id="schemas">Schemas</h2>${schemas}</section>
<section><h2 id="errors">Errors</h2><ul>${errors}</ul></section></main>`,
  );
}

/** What one error code means. */
export function problemPage(code: ErrorCode): string {
  const { status, title, meaning } = ERRORS[code];
  return shell(
    title,
    `<main><h1>${html(title)}</h1><p><code>${code}</code>, HTTP ${status}</p><p>${prose(meaning)}</p><p><a href="/docs">The whole API</a></p></main>`,
  );
}

type Json = Record<string, unknown>;

function operationPart(
  document: ApiDocument,
  { path, method, operation }: { path: string; method: string; operation: Operation },
): string {
  const { operationId, summary, description = '', parameters = [], requestBody, responses } = operation;
  const named = parameters.map((each) => resolved(document, each));
  const body = requestBody?.content['application/json'];
  return `<article><h3 id="${operationId}">${html(summary)}</h3>
<p class="call"><b>${method.toUpperCase()}</b> <code>${html(path)}</code></p>
${description
  .split('\n\n')
  .map((paragraph) => `<p>${prose(paragraph)}</p>`)
  .join('')}
${
  named.length === 0
    ? ''
    : `<h4>Parameters</h4><table><tbody>${named
        .map(
          (each) =>
            `<tr><th scope="row"><code>${html(String(each.name))}</code></th><td>${html(String(each.in))}${each.required ? ', required' : ''}</td><td>${prose(textOf(each.description))} ${typeWords(each.schema as Json)}</td></tr>`,
        )
        .join('')}</tbody></table>`
}
${body ? `<h4>Body</h4>${schemaTable(resolved(document, body.schema))}<pre>${html(JSON.stringify(body.example, null, 2))}</pre>` : ''}
<h4>Answers</h4><table><tbody>${Object.entries(responses)
    .map(([status, response]) => {
      const told = resolved(document, response);
      const [content] = Object.entries((told.content as Record<string, Json> | undefined) ?? {});
      const schema = Number(status) < 400 && content ? typeWords(content[1].schema as Json) : '';
      return `<tr><th scope="row">${status}</th><td>${prose(String(told.description))} ${schema}</td></tr>`;
    })
    .join('')}</tbody></table>
${exampleOf(document, responses)}</article>`;
}

function exampleOf(document: ApiDocument, responses: Operation['responses']): string {
  const success = Object.entries(responses).find(([status]) => Number(status) < 300)?.[1];
  const content = success && (resolved(document, success).content as Record<string, { example?: unknown }> | undefined);
  const example = content && Object.values(content)[0]?.example;
  if (example === undefined) return '';
  return `<pre>${html(typeof example === 'string' ? example : JSON.stringify(example, null, 2))}</pre>`;
}

function schemaTable(schema: Json): string {
  const properties = schema.properties as Record<string, Json> | undefined;
  if (!properties) return `<p>${typeWords(schema)}</p>`;
  const required = (schema.required as string[] | undefined) ?? [];
  return `<table><tbody>${Object.entries(properties)
    .map(
      ([name, each]) =>
        `<tr><th scope="row"><code>${html(name)}</code></th><td>${required.includes(name) ? '' : 'optional'}</td><td>${typeWords(each)}${each.description ? `: ${prose(textOf(each.description))}` : ''}</td></tr>`,
    )
    .join('')}</tbody></table>`;
}

/** What a value is, in a few words. */
function typeWords(schema: Json): string {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1)!;
    return `<a href="#schema-${name}">${html(name)}</a>`;
  }
  const either = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (either) return either.map(typeWords).join(' or ');
  if (Array.isArray(schema.enum)) return schema.enum.map((each) => `<code>${html(String(each))}</code>`).join(', ');
  if (schema.type === 'array') return `list of ${typeWords((schema.items as Json | undefined) ?? {})}`;
  const bounds = ['minLength', 'maxLength', 'minimum', 'maximum', 'default']
    .filter((bound) => bound in schema)
    .map((bound) => `${bound} ${String(schema[bound])}`);
  const words = [schema.format ?? schema.type ?? 'any value', ...bounds].map(String);
  return html(words.join(', '));
}

function resolved(document: ApiDocument, value: Json): Json {
  if (typeof value.$ref !== 'string') return value;
  const [, , kind, name] = value.$ref.split('/') as [string, string, keyof ApiDocument['components'], string];
  return document.components[kind][name] as Json;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

/** Text with code in backticks. */
function prose(text: string): string {
  return html(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
