import { defineSearchAttributeKey } from '@temporalio/common';

/**
 * What operations can search runs by. Never encrypted: ids and enumerated words only, nothing that names a person. A
 * namespace on SQL has room for ten keywords and three of each other type: add one only for a search that is really made.
 */
export const OrgId = defineSearchAttributeKey('OrgId', 'KEYWORD');
/** The id of what the run is about: a licence, a transfer, a delivery. */
export const SubjectId = defineSearchAttributeKey('SubjectId', 'KEYWORD');
/** The state that the run's row is in; changed together with `DueAt`. */
export const Stage = defineSearchAttributeKey('Stage', 'KEYWORD');
/** When the run goes on by itself if nothing happens before. */
export const DueAt = defineSearchAttributeKey('DueAt', 'DATETIME');

export const SEARCH_ATTRIBUTES = [OrgId, SubjectId, Stage, DueAt];
