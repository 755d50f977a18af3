import * as x509 from '@peculiar/x509';

const DAY_MS = 86_400_000;
const algorithm = {
  name: 'ECDSA',
  namedCurve: 'P-256',
  hash: 'SHA-256',
};

/** A certificate for some hosts, and the one of the authority that alone vouches for it; PEM. */
export async function makeCertificates(
  hosts: string[],
): Promise<{ ca: string; cert: string; key: string }> {
  const makeKeys = () =>
    crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const span = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: algorithm,
  };
  const caKeys = await makeKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...span,
    name: 'CN=Authority of tests',
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const keys = await makeKeys();
  const cert = await x509.X509CertificateGenerator.create({
    ...span,
    subject: `CN=${hosts[0]}`,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        hosts.map(value => ({ type: 'dns' as const, value })),
      ),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    ca: ca.toString('pem'),
    cert: cert.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
