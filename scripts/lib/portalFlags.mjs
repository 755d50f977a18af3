/**
 * How Node runs the portal. V8 then keeps no heap that it does not need, which
 * is half of the memory, and costs time in collecting garbage. A larger young
 * generation cannot be had beside it: V8 holds it to 1 MB then.
 */
export const PORTAL_FLAGS = ['--optimize-for-size'];
