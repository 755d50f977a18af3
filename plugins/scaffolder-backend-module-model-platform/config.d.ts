export interface Config {
  modelPlatform?: {
    git?: {
      /**
       * Folder in which templates make bare repositories (`<name>.git`). Absent,
       * and without `remote`: they cannot make any.
       */
      directory?: string;
      /**
       * Where templates make repositories instead: on GitHub or GitLab. What
       * `directory` holds already goes on being read.
       */
      remote?: {
        /**
         * Host as `integrations.github` or `integrations.gitlab` names it, whose
         * credentials are used; `github.com` for instance.
         */
        host: string;
        /** The organisation, or the path of the group, that gets the repositories. */
        owner: string;
        /** Who may see them; `private` where absent. */
        visibility?: 'private' | 'internal' | 'public';
      };
    };
  };
}
