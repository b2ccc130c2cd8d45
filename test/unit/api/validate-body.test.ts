import { expect, test } from 'vitest';
import { checkValidateBody, isValidateBody } from '../../../api/public/validate.ts';

const VALUES = ['"text"', '""', 'null', '7', 'true', '[]', '["text"]', '{}', undefined];

/** Every body with each of the members being one of those values, or absent. */
function* bodies(): Generator<string> {
  for (const licenseKey of VALUES) {
    for (const version of VALUES) {
      for (const deviceId of VALUES) {
        const members = Object.entries({ license_key: licenseKey, version, device_id: deviceId });
        const written = members.filter(([, value]) => value !== undefined).map(([name, value]) => `"${name}":${value}`);
        yield `{${[...written, '"more":1'].join(',')}}`;
      }
    }
  }
  yield* ['null', '7', '"text"', 'true', '[]', '[{"license_key":"a"}]', '{}', '{"__proto__":{"license_key":"a"}}'];
  yield '{"license_key":"a","__proto__":{"version":7}}';
  yield '{"license_key":7,"license_key":"a"}';
}

test('the check by hand says of every body what the schema says', () => {
  const accepted = { byHand: 0, bySchema: 0 };
  for (const text of bodies()) {
    const body: unknown = JSON.parse(text);
    expect(isValidateBody(body), text).toBe(checkValidateBody(body));
    accepted.byHand += Number(isValidateBody(body));
    accepted.bySchema += Number(checkValidateBody(body));
  }
  // Two texts for the key; two texts, null or nothing for each of the others; and what was written twice or as a prototype.
  expect(accepted).toEqual({ byHand: 34, bySchema: 34 });
});
