import { ChangedMeanwhileError } from './ChangedMeanwhileError';

/** What was free for a revision was given to another one after it was counted; it is to be counted again. */
export class RoomTakenError extends ChangedMeanwhileError {
  constructor(deployment: string, system: string, environment: string) {
    super(deployment);
    this.message = `Deployment ${deployment}: what the system ${system} may take in ${environment} was being taken by others; repeat`;
  }
}
