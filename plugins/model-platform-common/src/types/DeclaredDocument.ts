/** The document that declares a deployment, as its file in Git has it now. @public */
export interface DeclaredDocument {
  /** Of the file, as the catalog names it. */
  location: string;
  /** Of the file in its repository; absent where its address does not say it for sure. */
  path?: string;
  /** Of the file, from 1, where the document begins. */
  line: number;
  /** The document as it is written, without the others of its file. */
  text: string;
  /** The line of the file behind it, where another document follows. */
  next?: string;
}
