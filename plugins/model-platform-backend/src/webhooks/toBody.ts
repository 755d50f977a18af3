/** A message as it is sent: MLflow's envelope, with the system as its workspace. */
export function toBody(message: {
  event: string;
  at: string;
  system: string;
  data: Record<string, unknown>;
}): string {
  const [entity, action] = message.event.split('.');
  return JSON.stringify({
    entity,
    action,
    timestamp: message.at,
    data: message.data,
    workspace: message.system,
  });
}
