import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { SignInMemory } from './SignInMemory';

const PARAMETER = 'key';

/**
 * The key of the address `npm start` printed (`?key=…`), else the one this
 * browser remembers. It is taken out of the address at once, so that it is
 * neither bookmarked nor passed on with a link.
 */
export function useSignInKey(memory: SignInMemory): string | undefined {
  const [params, setParams] = useSearchParams();
  const [key] = useState(() => {
    const given = params.get(PARAMETER);
    if (given) memory.key = given;
    return memory.key;
  });
  const inAddress = params.has(PARAMETER);
  useEffect(() => {
    if (inAddress) {
      setParams(
        current => {
          const rest = new URLSearchParams(current);
          rest.delete(PARAMETER);
          return rest;
        },
        { replace: true },
      );
    }
  }, [inAddress, setParams]);
  return key;
}
