export interface Config {
  modelPlatform?: {
    local?: {
      /**
       * Folder of the platform's data on this machine; the host's address and
       * the files of deployed versions are in it. Defaults to the environment
       * variable `MODEL_PLATFORM_DATA_DIR`, else `.model-platform`.
       */
      dataDir?: string;
    };
  };
}
