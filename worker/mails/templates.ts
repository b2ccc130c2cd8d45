import type { MailData, MailTemplate } from '../../domain/mails.ts';
import { type Block, instant, type Letter, named } from './letter.ts';

/**
 * Everything that we write to people. Short, plain and warm: what happened and who did it, the one thing to do, and what to do if it
 * wasn't you. Names are what somebody typed and go through `named`.
 */
export const LETTERS: { readonly [Template in MailTemplate]: (data: MailData[Template]) => Letter } = {
  verify_email: ({ name, link, expiresAtMs }) => ({
    subject: 'Please confirm your e-mail address',
    blocks: [
      hello(name),
      { say: 'Good to have you here. One click tells us that this address is yours:' },
      { press: 'Confirm my address', link },
      { aside: `The link works until ${instant(expiresAtMs)}.` },
      {
        aside:
          "Somebody signed up with this address. If it wasn't you, just ignore this: without the click nothing happens.",
      },
    ],
  }),

  account_exists: ({ name, atMs, ip }) => ({
    subject: 'You have an account already',
    blocks: [
      hello(name),
      {
        say:
          `On ${instant(atMs)} somebody${from(ip)}, most likely you, tried to sign up with this address. It has an account already: ` +
          'just sign in.',
      },
      {
        aside:
          "Forgot your password? The sign-in page helps. If it wasn't you, nothing happened: your account is as it was.",
      },
    ],
  }),

  reset_password: ({ name, link, expiresAtMs }) => ({
    subject: 'Choose a new password',
    blocks: [
      hello(name),
      { say: 'Somebody, we hope you, asked for a new password. Here you can choose one:' },
      { press: 'Choose a new password', link },
      { aside: `The link works once, until ${instant(expiresAtMs)}.` },
      { aside: "If it wasn't you, ignore this mail: your password stays as it is." },
    ],
  }),

  password_changed: ({ name, atMs, ip }) => ({
    subject: 'Your password was changed',
    blocks: [
      hello(name),
      { say: `The password of your account was changed on ${instant(atMs)}${from(ip)}. If that was you, all is well.` },
      {
        aside:
          "If it wasn't you, choose a new password at once ('Forgot your password?' on the sign-in page) and end all other sessions in " +
          'your settings.',
      },
    ],
  }),

  two_factor_changed: ({ name, isEnabled, atMs, ip }) => ({
    subject: isEnabled ? 'Two-factor sign-in is on' : 'Two-factor sign-in was turned off',
    blocks: [
      hello(name),
      isEnabled
        ? { say: `Signing in now takes your password and a code. This was turned on on ${instant(atMs)}${from(ip)}.` }
        : { say: `Signing in takes only your password again. The code was turned off on ${instant(atMs)}${from(ip)}.` },
      ...(isEnabled
        ? [{ say: 'Keep your recovery codes somewhere safe: they are the way in without your phone.' }]
        : []),
      { aside: "If it wasn't you, change your password and end all other sessions in your settings." },
    ],
  }),

  provider_linked: ({ name, provider, atMs, ip }) => ({
    subject: `You can sign in by ${named(provider)} now`,
    blocks: [
      hello(name),
      {
        say:
          `On ${instant(atMs)} signing in by ${named(provider)} was added to your account${from(ip)}. ` +
          'If that was you, all is well.',
      },
      {
        aside:
          "If it wasn't you, take it away in your settings, change your password, and end all other sessions: whoever added it can sign in " +
          'as you.',
      },
    ],
  }),

  account_deleted: ({ name, atMs }) => ({
    subject: 'Your account is deleted',
    blocks: [
      hello(name),
      { say: `Your account was deleted on ${instant(atMs)}, as you asked. Thank you for the time you spent here.` },
      { aside: "If you didn't ask for this, answer whoever runs this platform soon: they can say what happened." },
    ],
  }),

  invite: ({ organization, inviter, role, link, expiresAtMs }) => ({
    subject: `${named(inviter)} invites you to ${named(organization)}`,
    blocks: [
      { say: 'Hello,' },
      {
        say: `${named(inviter)} would like you to join ${named(organization)} on Plimsoll${role === null ? '' : ` as ${named(role)}`}.`,
      },
      { press: 'See the invitation', link },
      { aside: `It stands until ${instant(expiresAtMs)}, and is for this address alone.` },
      { aside: "If you don't know them, or don't want to join, ignore this mail. Nothing happens then." },
    ],
  }),

  invite_accepted: ({ organization, member, memberEmail }) => ({
    subject: `${named(member)} joined ${named(organization)}`,
    blocks: [
      { say: 'Hello,' },
      {
        say: `${named(member)} (${memberEmail}) accepted your invitation and is a member of ${named(organization)} now.`,
      },
      {
        aside:
          'If you did not expect this, look at the members of the organisation: whoever may manage them can remove anybody.',
      },
    ],
  }),

  sign_in_link: ({ link, expiresAtMs }) => ({
    subject: 'Your sign-in link',
    blocks: [
      { say: 'Hello,' },
      { say: 'here is the way to your licences:' },
      { press: 'Sign in', link },
      { aside: `The link works once, until ${instant(expiresAtMs)}.` },
      { aside: "If you didn't ask for it, ignore this mail: nobody gets in without it." },
    ],
  }),

  sign_in_code: ({ code, expiresAtMs }) => ({
    subject: 'Your sign-in code',
    blocks: [
      { say: 'Hello,' },
      { say: 'type this code where you asked for it:' },
      { code },
      { aside: `It works once, until ${instant(expiresAtMs)}.` },
      {
        aside:
          "We never ask for this code, and neither should anybody else. If you didn't ask for it, ignore this mail.",
      },
    ],
  }),
};

function hello(name: string): Block {
  const known = named(name);
  return { say: known === '' ? 'Hello,' : `Hello ${known},` };
}

function from(ip: string | null): string {
  return ip === null ? '' : ` from ${ip}`;
}
