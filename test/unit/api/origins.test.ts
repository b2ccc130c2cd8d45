import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { HttpError } from '../../../api/errors.ts';
import { refuseForeignOrigin } from '../../../api/management/origins.ts';

const PERSON = { kind: 'user', userId: '0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b' } as Parameters<
  typeof refuseForeignOrigin
>[0];

/** The code of the refusal, if there is one. */
function askedBy(origin: string, host: string, settings: { publicUrl: string; corsOrigins: string[] }) {
  const request = new IncomingMessage(new Socket());
  request.method = 'POST';
  request.headers = { host, origin };
  try {
    refuseForeignOrigin(PERSON, request, settings);
  } catch (error) {
    if (error instanceof HttpError) return error.code;
    throw error;
  }
  return undefined;
}

const PUBLIC = { publicUrl: 'https://plimsoll.example.com', corsOrigins: ['https://dashboard.example.com'] };
const NOWHERE = { publicUrl: '', corsOrigins: [] };

describe('a change by a cookie', () => {
  test.each([
    ['https://plimsoll.example.com', undefined],
    ['https://dashboard.example.com', undefined],
    // Whoever is between a person and us can make such a page up, for an address without TLS or one that names ours.
    ['http://plimsoll.example.com', 'origin_not_allowed'],
    ['https://rebound.example.net', 'origin_not_allowed'],
    ['http://rebound.example.net', 'origin_not_allowed'],
  ])('from %s, where another address is the public one: %s', (origin, refusal) => {
    expect(askedBy(origin, new URL(origin).host, PUBLIC)).toBe(refusal);
  });

  test.each([
    ['http://127.0.0.1:8700', '127.0.0.1:8700', undefined],
    ['https://plimsoll.lan', 'plimsoll.lan', undefined],
    ['https://evil.example', 'plimsoll.lan', 'origin_not_allowed'],
  ])('from %s at %s, where no address is configured: %s', (origin, host, refusal) => {
    expect(askedBy(origin, host, NOWHERE)).toBe(refusal);
  });
});
