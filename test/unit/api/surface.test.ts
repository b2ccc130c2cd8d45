import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createSurface } from '../../../api/surface.ts';

const request = { headers: {} } as IncomingMessage;

describe('the surface that people and browsers use', () => {
  test('asks browsers to come by https where the platform is there, and only there', () => {
    const header = (publicUrl: string): string | undefined =>
      createSurface({ corsOrigins: [], publicUrl }).headersFor(request)['Strict-Transport-Security'];
    expect(header('https://plimsoll.example.com')).toBe('max-age=31536000');
    expect(header('http://plimsoll.example.com')).toBeUndefined();
    expect(header('')).toBeUndefined();
  });

  test('is what stands below its paths, not what begins like them', () => {
    const { isOn } = createSurface({ corsOrigins: [], publicUrl: '' });
    expect(['/v1', '/v1/users/me', '/auth/x', '/docs', '/problems/x'].map(isOn)).not.toContain(false);
    expect(['/v12', '/api/v1/validate', '/', '/health/live', '/documents'].map(isOn)).not.toContain(true);
  });
});
