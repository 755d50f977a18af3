export interface Config {
  modelPlatform?: {
    git?: {
      /**
       * Folder in which templates make bare repositories (`<name>.git`). Absent:
       * they cannot make any here.
       */
      directory?: string;
    };
  };
}
