import { DEADLINE_MS, type Finding, fail, ok, reason, timed, warn } from './part.ts';

/** Asks one of our processes whether it is ready, and takes over what it says about itself. */
export async function checkProcess(name: 'API' | 'worker', url: string, setting: string): Promise<Finding> {
  const address = new URL(url).host;
  try {
    const { value, latencyMs } = await timed(() => get(`${url}/health/ready`));
    const facts = {
      address,
      latencyMs,
      ...(typeof value.body['version'] === 'string' && { version: value.body['version'] }),
    };
    if (value.status !== 200) {
      return fail(
        `It runs but is not ready: ${whatIsMissing(value.body)}`,
        `Mend the parts that are not well; the ${name} becomes ready by itself.`,
        facts,
      );
    }
    const degraded = value.body['degraded'];
    if (Array.isArray(degraded) && degraded.length > 0) {
      return warn(`It is ready, without ${degraded.join(', ')}.`, 'Mend the parts that are not well.', facts);
    }
    return ok('It is ready.', facts);
  } catch (error) {
    return fail(reason(error), `Start the ${name} (\`bin/up\` does it here), or correct ${setting}.`, { address });
  }
}

/** The parts that a process says it waits for: the API names them with reasons, the worker its server and queues. */
function whatIsMissing({ ready: _ready, failing, ...rest }: Record<string, unknown>): string {
  if (!Array.isArray(failing)) return `${JSON.stringify(rest)}.`;
  return (failing as { part: string; reason: string }[]).map(({ part, reason }) => `${part}: ${reason}`).join(' ');
}

/** Temporal's Web UI is for people: nothing else depends on it, so its absence is never a failure. */
export async function checkTemporalUi(url: string): Promise<Finding> {
  const address = new URL(url).host;
  const advice = "Start Temporal's Web UI (`bin/up` does it here), or correct TEMPORAL_UI_URL.";
  try {
    const { value, latencyMs } = await timed(() => get(`${url.replace(/\/$/, '')}/api/v1/settings`));
    const version = value.body['Version'] ?? value.body['version'];
    const facts = { address, latencyMs, ...(typeof version === 'string' && { version }) };
    if (value.status !== 200) return warn(`It answers with status ${value.status}.`, advice, facts);
    return ok('It answers.', facts);
  } catch (error) {
    return warn(reason(error), advice, { address });
  }
}

async function get(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS - 500), redirect: 'follow' });
  const text = await response.text();
  return { status: response.status, body: parse(text) };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Something else than ours listens there; the status is all it tells.
    return {};
  }
}
