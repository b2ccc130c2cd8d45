// What the worker can run, name by name. A name that was released once stays: open runs hold it.
export { selfCheck } from './self-check/workflow.ts';
