import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { waitUntil } from './wait.ts';

/** A mail as the other side got it. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body, as they were sent. */
  raw: string;
  messageId: string;
}

export interface SmtpReceiver {
  url: string;
  mails: ReceivedMail[];
  /** Says no to a recipient with this answer; `undefined`: takes it. */
  judge: (recipient: string) => { code: number; text: string } | undefined;
  /** Resolves when nobody is connected: what a sender that was killed had sent to its end is among `mails` then. */
  settled(): Promise<unknown>;
  close(): Promise<void>;
}

/** A real SMTP server on loopback that keeps what it is given. */
export async function startSmtpReceiver(): Promise<SmtpReceiver> {
  const receiver: SmtpReceiver = { url: '', mails: [], judge: () => undefined, settled, close };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      const refusal = receiver.judge(address);
      callback(refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    },
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        receiver.mails.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          raw,
          messageId: /^message-id:\s*(<[^>]+>)/im.exec(raw)?.[1] ?? '',
        });
        callback();
      });
    },
  });
  // Tests kill those who send: their connections end as they end. Anything else is a fault.
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error;
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  receiver.url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return receiver;

  function settled(): Promise<unknown> {
    return waitUntil('nobody is connected', () => server.connections.size === 0);
  }

  async function close(): Promise<void> {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
