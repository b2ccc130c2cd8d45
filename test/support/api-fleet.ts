import { type ApiProcess, type ClockedApi, startApiProcess, startClockedApi } from './api-process.ts';
import { waitUntil } from './wait.ts';

/** Several API processes on the same servers, each with an address of its own. */
export interface ApiFleet<Process extends ApiProcess = ApiProcess> {
  processes: Process[];
  urls: string[];
  stop(): Promise<void>;
}

/** Starts API processes that take their callers' addresses from `X-Forwarded-For`, and waits until each hears of changes. */
export function startFleet(size: number, env: Record<string, string> = {}): Promise<ApiFleet> {
  return startEach(startApiProcess, size, env);
}

/** The same with clocks that can be set. */
export function startClockedFleet(size: number, env: Record<string, string> = {}): Promise<ApiFleet<ClockedApi>> {
  return startEach(startClockedApi, size, env);
}

async function startEach<Process extends ApiProcess>(
  start: (env: Record<string, string>) => Promise<Process>,
  size: number,
  env: Record<string, string>,
): Promise<ApiFleet<Process>> {
  const settings = { PLIMSOLL_TRUSTED_PROXIES: '127.0.0.1', PLIMSOLL_DATABASE_POOL_SIZE: '8', ...env };
  const processes: Process[] = [];
  // One after the other: started at once on a busy machine, all of them would be late.
  for (let i = 0; i < size; i += 1) processes.push(await start(settings));
  for (const each of processes) await waitUntil('the API hears of changes', () => listens(each));
  return {
    processes,
    urls: processes.map(({ url }) => url),
    stop: async () => void (await Promise.all(processes.map((each) => each.stop()))),
  };
}

/** Whether an API process hears of changes now, as far as its log says. */
export function listens(api: ApiProcess): boolean {
  const last = api.log().findLast(({ msg }) => /^(listening to changes|changes are not heard)/.test(msg));
  return last?.msg === 'listening to changes';
}

export interface Answer {
  /** The HTTP status. */
  code: number;
  /** The verdict, or the error's code. */
  status: string;
  body: Record<string, unknown>;
  headers: Headers;
}

/** `POST /api/v1/validate` at one process, from an address. */
export async function validateAt(
  url: string,
  call: { apiKey: string; licenseKey: string; ip?: string; version?: string },
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/validate`, {
    method: 'POST',
    headers: { ...headersOf(call), 'content-type': 'application/json' },
    body: JSON.stringify({ license_key: call.licenseKey, version: call.version }),
  });
  return toAnswer(response);
}

/** `GET /api/v1/license/:key` at one process. */
export async function lookupAt(url: string, call: { apiKey: string; licenseKey: string }): Promise<Answer> {
  return toAnswer(await fetch(`${url}/api/v1/license/${call.licenseKey}`, { headers: headersOf(call) }));
}

function headersOf({ apiKey, ip = '192.0.2.1' }: { apiKey: string; ip?: string }): Record<string, string> {
  return { authorization: `Bearer ${apiKey}`, 'x-forwarded-for': ip };
}

async function toAnswer(response: Response): Promise<Answer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { code: response.status, status: String(body.status), body, headers: response.headers };
}
