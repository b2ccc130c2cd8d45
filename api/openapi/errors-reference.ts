import { ERRORS } from '../errors.ts';

/** docs/errors.md: every code, from the table that answers are made of. */
export function errorsReference(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, meaning }]) => `| \`${code}\` | ${status} | ${title} | ${meaning} |`,
  );
  return `# Errors

Generated from \`api/errors.ts\` by \`npm run docs:api\`; a test fails when they differ. Codes are promised: more may come, none is renamed.
Errors are problem details (RFC 9457, \`application/problem+json\`), whose \`type\` leads to the code's page on the platform; those of the
public API (\`/api/v1\`) are plain JSON with \`valid\`, \`status\` (the code) and \`message\`.

| code | HTTP | title | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
