import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aSignedInPerson, whoIs } from '../../support/account-people.ts';
import { plimsoll, plimsollJson } from '../../support/cli.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform?.close());

describe('staff', () => {
  test('is made on the server, makes others, and is so at once', async () => {
    const [ann, ben] = [await aSignedInPerson(platform), await aSignedInPerson(platform)];
    const path = `/v1/staff/people/${ben.id}`;
    const patch = async (isStaff: boolean) => {
      const answer = await fetch(platform.url + path, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/json',
          origin: platform.url,
          cookie: [...ann.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
        body: JSON.stringify({ is_staff: isStaff }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect((await patch(true)).body).toMatchObject({ status: 403, code: 'forbidden' });

    expect(await plimsollJson('people', 'staff', ann.email.toUpperCase(), 'on')).toMatchObject({
      user_id: ann.id,
      is_staff: true,
    });
    expect((await patch(true)).body).toMatchObject({ id: ben.id, is_staff: true });
    expect((await ben.browser.get(`/v1/staff/people/${ann.id}`)).body).toMatchObject({
      email: ann.email,
      is_staff: true,
    });
    const { staff } = (await plimsollJson('people', 'list-staff')) as { staff: { user_id: string }[] };
    expect(staff.map(({ user_id }) => user_id)).toEqual(expect.arrayContaining([ann.id, ben.id]));

    await plimsollJson('people', 'staff', ann.email, 'off');
    expect((await patch(false)).status).toBe(403);
    const entries = await platform
      .db('audit_entries')
      .where({ action: 'user.staff_changed' })
      .whereIn('target_id', [ann.id, ben.id])
      .orderBy('seq');
    expect(entries).toMatchObject([
      { target_id: ann.id, actor_kind: 'server', after: { is_staff: true } },
      { target_id: ben.id, actor_kind: 'user', actor_id: ann.id, after: { is_staff: true } },
      { target_id: ann.id, actor_kind: 'server', after: { is_staff: false } },
    ]);
  });

  test('is nobody whose address is not proven, and nobody that there isn’t', async () => {
    const { id, email } = await aSignedInPerson(platform);
    await platform.db('users').where({ id }).update({ email_verified: false });
    const refused = await plimsoll(['people', 'staff', email, 'on']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('not verified') });
    const nobody = await plimsoll(['people', 'staff', 'nobody@example.com', 'on']);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody@example.com') });
  });

  test('ends the sessions of somebody on the server', async () => {
    const { browser, email, id } = await aSignedInPerson(platform);
    expect(await plimsollJson('people', 'show', email)).toMatchObject({
      user_id: id,
      email_verified: true,
      is_staff: false,
    });
    expect(await plimsollJson('people', 'sign-out', email)).toEqual({ user_id: id, sessions_ended: 1 });
    expect(await whoIs(browser)).toBeUndefined();
    const entries = await platform.db('audit_entries').where({ target_id: id, action: 'user.signed_out' });
    expect(entries).toMatchObject([{ actor_kind: 'server', after: { sessions: 1 } }]);
  });
});
