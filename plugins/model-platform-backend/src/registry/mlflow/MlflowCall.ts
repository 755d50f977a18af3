import { Caller } from '../../access/Caller';

/** Who calls, and in which system where the call's workspace says it. */
export interface MlflowCall {
  caller: Caller;
  /** Name of a system: only what is in it exists for this call. */
  system?: string;
}
