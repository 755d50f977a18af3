import { DeploymentDialog } from './DeploymentDialog';
import { NewDeployment } from './NewDeployment';

/** Gives a model an endpoint. */
export function DeployButton(props: { slug: string; onApplied: () => void }) {
  const { slug, onApplied } = props;
  return (
    <DeploymentDialog opens="Deploy" title={`Deploy ${slug}`} variant="primary">
      {close => (
        <NewDeployment
          slug={slug}
          onApplied={() => {
            close();
            onApplied();
          }}
        />
      )}
    </DeploymentDialog>
  );
}
