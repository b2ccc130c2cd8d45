// What the worker can run, name by name. A name that was released once stays: open runs hold it.
export { auditSigning } from './audit-signing/workflow.ts';
export { dailyClose } from './daily-close/workflow.ts';
export { recount } from './recount/workflow.ts';
export { selfCheck } from './self-check/workflow.ts';
