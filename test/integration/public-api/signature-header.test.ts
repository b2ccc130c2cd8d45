import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.close());

/** docs/spec/keyport.md §13.4: nothing in the signed field is fresh, so a header is offered beside it. */
describe('the signature header', () => {
  const AT_MS = Date.UTC(2026, 10, 21, 12, 0, 0, 999);
  const header = async (settings: object, body: (licenseKey: string) => object) => {
    const product = await platform.aProduct({ plan: 'enterprise', signing: true, settings });
    const { licenseKey } = await platform.aLicense(product.product.id);
    platform.clock.nowMs = AT_MS;
    const answer = await product.validate(body(licenseKey));
    platform.clock.nowMs = undefined;
    return { ...answer, licenseKey, secret: product.signingSecret!, value: answer.headers.get('plimsoll-signature') };
  };

  test('binds the answer to its second and to the key that was asked for, where the product wants it', async () => {
    const { value, secret, licenseKey, text } = await header({ signatureHeaderEnabled: true }, (key) => ({
      license_key: ` ${key} `,
    }));
    const seconds = Math.floor(AT_MS / 1000);
    const expected = createHmac('sha256', secret).update(`${seconds}.${licenseKey}.${text}`).digest('hex');
    expect(value).toBe(`t=${seconds},v1=${expected}`);
  });

  test('is on failures too', async () => {
    const { value, body } = await header({ signatureHeaderEnabled: true }, () => ({
      license_key: 'AAAA-BBBB-CCCC-DDDD',
    }));
    expect(body.status).toBe('license_not_found');
    expect(value).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  });

  test('is not there unless it is asked for, and leaves the field as it is', async () => {
    const { value, body } = await header({}, (key) => ({ license_key: key }));
    expect(value).toBeNull();
    expect(body.signature).toMatch(/^[0-9a-f]{64}$/);
  });
});
