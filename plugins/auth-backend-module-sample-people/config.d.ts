export interface Config {
  auth?: {
    providers?: {
      /** Local sign-in as one of the sample people; refused unless bound to loopback. */
      'sample-people'?: {};
    };
  };
  modelPlatform?: {
    signIn?: {
      /**
       * Key that a browser must show to sign in; made anew at each start.
       * @visibility secret
       */
      key?: string;
      /**
       * People one can sign in as.
       * @deepVisibility frontend
       */
      people?: Array<{
        /** Entity ref of a user in the catalog. */
        entityRef: string;
        name: string;
        /** What this person does, in a few words. */
        role: string;
      }>;
    };
  };
}
