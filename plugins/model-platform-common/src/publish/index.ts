export { buildDraftRequest } from './buildDraftRequest';
export { canonicalRequest } from './canonicalRequest';
export { checkModelFields } from './checkModelFields';
export { FileRules } from './FileRules';
export type { FileRulesOptions, FileSelection } from './FileRules';
export { fileProblem } from './fileProblem';
export { inferLoading } from './inferLoading';
export type { Loading } from './inferLoading';
export { lineOfField } from './lineOfField';
export { metricProblems } from './metricProblems';
export {
  lockProblems,
  MAX_LOCK_BYTES,
  REQUIREMENTS_LOCK,
  requirementsFileOf,
} from './requirements';
export { readYamlObject } from './readYamlObject';
export type { YamlReading } from './readYamlObject';
export { sendParts } from './sendParts';
export type { SendPartsOptions } from './sendParts';
export { signatureProblems } from './signatureProblems';
export { uploadFiles } from './uploadFiles';
export type { Cut, UploadFilesOptions, UploadProgress } from './uploadFiles';
export { versionProblems } from './versionProblems';
export { versionSpecSchema } from './versionSpecSchema';
export { writeYaml } from './writeYaml';
export { zodProblems } from './zodProblems';
