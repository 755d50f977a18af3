export interface Config {
  modelPlatform?: {
    policy?: {
      /**
       * Entity refs of the groups that may do everything.
       * `group:default/platform-admins` where absent.
       */
      adminGroups?: string[];
    };
  };
}
