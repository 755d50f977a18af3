import { Link } from '@backstage/ui';
import { webAddressOf } from './webAddressOf';

/** A place in Git; a link where it is an address. */
export function LocationLink(props: { location: string }) {
  const address = webAddressOf(props.location);
  return address ? (
    <Link href={address} target="_blank">
      {address}
    </Link>
  ) : (
    <>{props.location}</>
  );
}
