export interface Config {
  modelPlatform?: {
    signIn?: {
      /**
       * People of the sample organisation one can sign in as. Where it is
       * absent, the portal signs in with OpenID Connect.
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
