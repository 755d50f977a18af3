import { Alert, Button, Text } from '@backstage/ui';
import { ResponseError } from '@backstage/errors';
import { SignInFrame } from './SignInFrame';

/** Why nobody can be signed in now, and what to do about it. */
export function SignInRefused(props: {
  title: string;
  error?: Error;
  onBack?: () => void;
}) {
  const { title, error, onBack } = props;
  const refusal =
    ResponseError.is(error) && error.statusCode === 401 ? error : undefined;
  return (
    <SignInFrame title={title}>
      {error && !refusal ? (
        <Alert
          status="danger"
          icon
          title="The portal does not answer the sign-in"
          description={`${error.message}. Is it still running? Reload this page once it is.`}
        />
      ) : (
        <>
          <Alert
            status="warning"
            icon
            title={
              refusal
                ? 'This sign-in key is not valid any more'
                : 'This browser has no sign-in key yet'
            }
            description={
              refusal
                ? refusal.body.error.message
                : 'Only somebody at this machine may sign in as a sample person.'
            }
          />
          <Text as="p">
            Open the address that <code>npm start</code> printed under{' '}
            <em>Sign in</em>. It also stands as <code>signInUrl</code> in{' '}
            <code>quickstart.json</code> in the data folder, which is{' '}
            <code>.model-platform</code> unless you chose another.
          </Text>
        </>
      )}
      {onBack && (
        <div>
          <Button variant="secondary" onPress={onBack}>
            Choose somebody else
          </Button>
        </div>
      )}
    </SignInFrame>
  );
}
