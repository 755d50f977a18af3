/** Body of an error on `predict`. */
export interface WireErrorBody {
  error: {
    name: string;
    message: string;
    fields?: Array<{ path: string; message: string }>;
  };
  requestId?: string;
}
