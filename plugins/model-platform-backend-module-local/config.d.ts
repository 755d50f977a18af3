export interface Config {
  modelPlatform?: {
    local?: {
      /**
       * Folder of the platform's data on this machine; the host's address and
       * the files of deployed versions are in it. Defaults to the environment
       * variable `MODEL_PLATFORM_DATA_DIR`, else `.model-platform`.
       */
      dataDir?: string;
      /**
       * Address at which applications reach the gateway, where a proxy stands in
       * front of it, e.g. `https://endpoints.example.org`; the gateway's own
       * where absent.
       */
      gatewayUrl?: string;
      /**
       * Models run as processes of the portal's machine and user. A platform for
       * others refuses that unless this is true: everybody who may publish and
       * deploy may run programs there.
       */
      trusted?: boolean;
    };
  };
}
