export { createWebhooksDomain } from './createWebhooksDomain';
