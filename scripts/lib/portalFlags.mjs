/**
 * How Node runs the portal. V8 then keeps no heap that it does not need, which
 * is half of the memory; the young generation is large enough that answers do
 * not wait for its collection.
 */
export const PORTAL_FLAGS = ['--optimize-for-size', '--max-semi-space-size=16'];
