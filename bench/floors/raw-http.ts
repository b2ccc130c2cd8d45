import { FIXED_ANSWER, serve } from './shared.ts';

/** The floor under everything: `node:http`, the JSON parsed, one fixed answer, one socket write. */
serve((request, response) => {
  let body: Buffer | undefined;
  request.on('data', (chunk: Buffer) => (body = body ? Buffer.concat([body, chunk]) : chunk));
  request.on('end', () => {
    const { license_key: licenseKey } = JSON.parse(body!.toString('utf8')) as { license_key?: unknown };
    if (typeof licenseKey !== 'string') throw new Error('The load generator sends licence keys');
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(FIXED_ANSWER),
    });
    response.end(FIXED_ANSWER);
  });
});
