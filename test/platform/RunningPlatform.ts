/** What tests ask of a platform that runs, whoever has started it. */
export interface RunningPlatform {
  readonly dataDir: string;
  readonly gatewayUrl: string;
  readonly portalPids: number[];
  /** A call of the control plane, with a token that may publish and deploy where no other one is given. */
  api(
    route: string,
    init?: RequestInit & { token?: string },
  ): Promise<Response>;
  /** As a sample person, where the platform has them; else that token does what they do. */
  signIn?(person: string): Promise<string>;
}
