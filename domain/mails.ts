/** Every mail that the platform sends, by its template, with what the template needs to know. Instants are epoch milliseconds. */
export interface MailData {
  verify_email: Named & Link;
  /** To somebody who has an account, when somebody signs up with their address once more. */
  account_exists: Named & Event;
  reset_password: Named & Link;
  password_changed: Named & Event;
  two_factor_changed: Named & Event & { isEnabled: boolean };
  /** Somebody can sign in by a provider from now on, which is named as people call it: `GitHub`. */
  provider_linked: Named & Event & { provider: string };
  account_deleted: Named & { atMs: number };
  /** `role` is null where no role was named. */
  invite: Link & { organization: string; inviter: string; role: string | null };
  invite_accepted: { organization: string; member: string; memberEmail: string };
  /** For customers in the portal. */
  sign_in_link: Link;
  sign_in_code: { code: string; expiresAtMs: number };
}

interface Named {
  name: string;
}

interface Link {
  /** Absolute, or a path on the platform's own address. Whoever has it may do what the mail is about: it is a secret. */
  link: string;
  expiresAtMs: number;
}

/** Something that happened to an account, told so that its owner notices if it wasn't them. */
interface Event {
  atMs: number;
  ip: string | null;
}

export type MailTemplate = keyof MailData;

export type Mail = {
  [Template in MailTemplate]: { template: Template; to: string; data: MailData[Template] };
}[MailTemplate];
