/** Where Python fails too, so nothing behind it is ever loaded. */
export class NotAPickle extends Error {}
