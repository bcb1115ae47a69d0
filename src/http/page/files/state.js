// What the page knows, in one place.

/** Its parts change as answers come, and as the person goes on. */
export const state = {
  /** What the server says of itself; nothing until it is asked, and where it wants a key first. */
  table: undefined,
  key: "",
  /** The picture: a file, and what `/info` says of it. */
  picture: undefined,
  said: {},
  mark: undefined,
  operation: undefined,
  /** For each operation the values of its parameters. */
  values: new Map(),
  /** Of the request that is under way. */
  controller: undefined,
  /** Whether there is one, or will be in a moment. */
  isBusy: false,
  answer: undefined,
};
