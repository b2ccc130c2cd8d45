import { describe, expect, test } from 'vitest';
import { requestIdFor } from '../../../api/request-id.ts';

const PRODUCT_KEY = `kp_live_${'0123456789abcdef'.repeat(4)}`;

describe("the caller's request id", () => {
  test.each([
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'req_01890a5d-ac96-774b-bcce-b302099a8057',
    'mine_01890A5D-AC96-774B-BCCE-B302099A8057_2',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    'my-Id_1.2~3',
  ])('is taken: %s', (id) => {
    expect(requestIdFor(id)).toBe(id);
  });

  test.each([
    PRODUCT_KEY,
    `zz_${PRODUCT_KEY}`,
    `abc_${PRODUCT_KEY}`,
    `abc${PRODUCT_KEY}`,
    'ABCD-EFGH-JKLM-NPQR',
    'xABCD-EFGH-JKLM-NPQR_',
    '_abcd-efgh-jklm-npqr_',
    'ABCD-EFGH-JKLM-NPQR-2',
    'whsec_hunter2',
  ])('is replaced where it holds a key: %s', (id) => {
    expect(requestIdFor(id)).toMatch(/^req_[0-9a-f-]{36}$/);
  });
});
