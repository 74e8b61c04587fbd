import type { WebhookMethod } from './defineWebhookMethod.ts';
import { carLeadsSynchronize } from './methods/carLeadsSynchronize.ts';

/** Every method of `methods/`; a test compares the folder with this list. */
export const ACCEPTED_METHODS: readonly WebhookMethod[] = [carLeadsSynchronize];
