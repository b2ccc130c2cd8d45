import { COMMON_PASSWORDS, COMMON_WORDS } from './common-passwords.ts';

/**
 * What a password must be, by NIST SP 800-63B: long enough, not too long to be hashed whole, and none of those that are tried first. No
 * rule says of what characters, and none ever makes anybody change one that is not known to others. Lengths are characters, not bytes.
 */
export const PASSWORD_LENGTH = { least: 10, most: 256 };

export type PasswordFault = 'too_short' | 'too_long' | 'too_common' | 'too_simple' | 'like_address';

/** Says what is wrong with a password for the person with this e-mail, or nothing. Pure; keeps nothing. */
export function passwordFault(password: string, email: string | null): PasswordFault | undefined {
  const characters = Array.from(password.normalize('NFKC'));
  if (characters.length < PASSWORD_LENGTH.least) return 'too_short';
  if (characters.length > PASSWORD_LENGTH.most) return 'too_long';
  const text = characters.join('').toLowerCase();
  if (isLikeAddress(text, email?.toLowerCase() ?? '')) return 'like_address';
  if (isCommon(text)) return 'too_common';
  if (new Set(text).size < 4 || isRun(text) || isRepeated(text)) return 'too_simple';
  return undefined;
}

/** Its own address, or the part before the @ with nothing but digits and signs around it. */
function isLikeAddress(text: string, email: string): boolean {
  if (email === '') return false;
  const [mailbox = ''] = email.split('@');
  return text === email || (mailbox.length >= 4 && bare(text) === bare(mailbox));
}

/** One of the commonest, also with what people put around them and for their letters: `P@ssw0rd2026!` is `password`. */
function isCommon(text: string): boolean {
  if (COMMON_PASSWORDS.has(text)) return true;
  return COMMON_WORDS.has(bare(text)) || COMMON_WORDS.has(bare(plainLetters(text)));
}

/** Without digits and signs at both ends. */
function bare(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

function plainLetters(text: string): string {
  // Those at the end are a year or a sign more often than letters.
  const inner = text.replace(/[^\p{L}]+$/u, '');
  return inner.replace(/[@4013$5!7]/g, (sign) => LOOKS_LIKE[sign]!);
}

const LOOKS_LIKE: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  $: 's',
  '5': 's',
  '!': 'i',
  '7': 't',
};

/** Each character the next one of the last, or the one before: `abcdefghij`, `9876543210`. */
function isRun(text: string): boolean {
  const codes = Array.from(text, (each) => each.codePointAt(0)!);
  const steps = new Set(codes.slice(1).map((code, i) => code - codes[i]!));
  return steps.size === 1 || /^(01234567890|1234567890)+\d*$/.test(text);
}

/** A short part again and again: `abcdabcdabcd`. */
function isRepeated(text: string): boolean {
  for (let length = 1; length <= Math.min(4, text.length / 3); length += 1) {
    if (
      text ===
      text
        .slice(0, length)
        .repeat(Math.ceil(text.length / length))
        .slice(0, text.length)
    )
      return true;
  }
  return false;
}
