import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createSurface } from '../../../api/surface.ts';

const request = { headers: {} } as IncomingMessage;

function securityOf(publicUrl: string): string | undefined {
  return createSurface({ corsOrigins: [], publicUrl }).headersFor(request)['Strict-Transport-Security'];
}

describe('the surface that people and browsers use', () => {
  test('asks browsers to come by https where the platform is there, and only there', () => {
    expect(securityOf('https://plimsoll.example.com')).toBe('max-age=31536000');
    expect(securityOf('http://plimsoll.example.com')).toBeUndefined();
    expect(securityOf('')).toBeUndefined();
  });

  test('is what stands below its paths, not what begins like them', () => {
    const surface = createSurface({ corsOrigins: [], publicUrl: '' });
    const isOn = (path: string): boolean => surface.isOn(path);
    expect(['/v1', '/v1/users/me', '/auth/x', '/docs', '/problems/x'].map(isOn)).not.toContain(false);
    expect(['/v12', '/api/v1/validate', '/', '/health/live', '/documents'].map(isOn)).not.toContain(true);
  });
});
