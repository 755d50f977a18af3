/** A declaration of a deployment that was read from Git, and what became of it. @public */
export interface DeploymentDeclaration {
  entityRef: string;
  /** Where it stands, or stood. */
  location: string;
  /** Of the deployment. */
  name: string;
  state: 'applied' | 'refused' | 'orphaned';
  /** Why it was refused, or what being orphaned means. */
  message?: string;
  updatedAt: string;
}
