import { type Catalogue, findPlan, type Presentation } from '../../domain/plans/catalogue.ts';
import { accessBlock } from './access-block.ts';
import { envelope } from './envelope.ts';
import { HOST_WORDING, keyport } from './keyport.ts';
import type { Presenter, Style } from './presenter.ts';
import { problem } from './problem.ts';

export { failed, TITLES } from './envelope.ts';
export { exhausted } from './keyport.ts';
export type { Presenter, Rendered, Success, Surface, Telling } from './presenter.ts';
export { spelled } from './usage.ts';
export type { CheckedRate, RatelimitMember, VerificationCode } from './verification.ts';
export { consumed, standalone, verificationCode } from './verification.ts';

/** Every style that a catalogue can name. */
const STYLES: Readonly<Record<Presentation['style'], Style>> = { problem, access_block: accessBlock, envelope };

/** How the catalogue's product speaks. One without a presentation speaks as the host does. */
export function presenterOf(catalogue: Catalogue): Presenter {
  const { presentation } = catalogue;
  return presentation === null ? keyport(catalogue, HOST_WORDING) : STYLES[presentation.style](catalogue, presentation);
}

/**
 * The plan that somebody named, by its present name: older names are taken and never given back (docs/spec/keel.md §1.2).
 * `undefined` when there is none.
 */
export function planTold(catalogue: Catalogue, nameOrAlias: string): string | undefined {
  return findPlan(catalogue, nameOrAlias)?.name;
}
