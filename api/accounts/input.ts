import { PASSWORD_LENGTH, type PasswordFault, passwordFault } from '../../domain/accounts/passwords.ts';
import type { Fault } from '../../domain/refusal.ts';
import { HttpError } from '../errors.ts';
import { MOST_OF_NAME } from './options.ts';

/** Most characters of what people may write; e-mails: RFC 5321 §4.5.3.1. */
const MOST: Record<string, number> = { email: 254, newEmail: 254, name: MOST_OF_NAME, image: 2_000 };
const MOST_OF_OTHERS = 4_096;

/** Where a new password stands in a body, by path. */
const NEW_PASSWORD: Record<string, string> = {
  '/sign-up/email': 'password',
  '/reset-password': 'newPassword',
  '/change-password': 'newPassword',
};

const PASSWORD_WORDS: Record<PasswordFault, string> = {
  too_short: `has fewer than ${PASSWORD_LENGTH.least} characters`,
  too_long: `has more than ${PASSWORD_LENGTH.most} characters`,
  too_common: 'is one of those that are tried first',
  too_simple: 'is a run or a repetition',
  like_address: 'is the e-mail address',
};

/**
 * Checks what the library leaves to the database, or to chance: texts that Postgres takes in no column, sizes, and the rules for new
 * passwords (docs/accounts.md). @throws {HttpError} `validation_failed` with every fault
 */
export function checkInput(path: string, body: Readonly<Record<string, unknown>>, target: string): void {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(body)) faults.push(...faultsOf(name, value));
  if (!isText(decoded(target))) faults.push(notText('', 'The address'));

  // Codes for anything else belong to routes that are closed; told before it is known whether there is such an account.
  if (path === '/email-otp/send-verification-otp' && body['type'] !== 'sign-in') {
    faults.push(fault('/type', 'not_accepted', 'type is none that is taken here.', 'sign-in'));
  }

  const name = NEW_PASSWORD[path];
  const password = name && body[name];
  if (name && typeof password === 'string') {
    const found = passwordFault(password, typeof body['email'] === 'string' ? body['email'] : null);
    if (found) faults.push(fault(`/${name}`, found, `The password ${PASSWORD_WORDS[found]}.`, PASSWORD_ACCEPTS));
  }
  if (faults.length > 0)
    throw new HttpError('validation_failed', faults.map((each) => each.message).join(' '), { faults });
}

const PASSWORD_ACCEPTS = `${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters of any kind, and no well-known password`;

function faultsOf(name: string, value: unknown): Fault[] {
  if (!isText(name)) return [notText('', 'A name')];
  // The library writes down what it is given for these two.
  if (name === 'name' && typeof value !== 'string') {
    return [fault('/name', 'not_accepted', 'name is no text.', 'a name of 1 to 200 characters')];
  }
  if (name === 'image' && value !== null && !isWebAddress(value)) {
    return [fault('/image', 'not_accepted', 'image is no address.', 'an http or https address, or null')];
  }
  if (typeof value === 'string') {
    if (!isText(value)) return [notText(`/${name}`, name)];
    const most = MOST[name] ?? MOST_OF_OTHERS;
    if (Array.from(value).length > most) {
      return [fault(`/${name}`, 'too_long', `${name} has more than ${most} characters.`, `at most ${most} characters`)];
    }
    return name === 'name' && value.trim() === ''
      ? [fault('/name', 'too_short', 'name is empty.', 'a name of 1 to 200 characters')]
      : [];
  }
  // What is deeper is free-form data, which no route of ours takes: its texts end up in JSON all the same.
  return isText(JSON.stringify(value) ?? '') && !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value) ?? '')
    ? []
    : [notText(`/${name}`, name)];
}

function isWebAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value);
}

function isText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    // What is no percent-encoding can't hide anything.
    return target;
  }
}

function notText(pointer: string, what: string): Fault {
  const message = `${what} holds a NUL or half a surrogate pair, which no text has.`;
  return fault(pointer, 'bad_text', message, 'text without NUL, in well-formed Unicode');
}

function fault(pointer: string, code: string, message: string, accepts: string): Fault {
  return { pointer, code, message, accepts };
}
