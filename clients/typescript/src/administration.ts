import { Api, type ApiOptions, type Call, type CallOptions } from "./http.js";
import type * as Models from "./models.js";

/** Calls for administrators (scope `photos:admin`; `projects` wants `photos:read`). */
export class Administration {
  /** Sends requests to the API. */
  readonly api: Api;

  constructor(options: ApiOptions) {
    this.api = new Api(options);
  }

  async projects(options: CallOptions = {}): Promise<readonly Models.Project[]> {
    return this.items({ method: "GET", path: "/projects", ...signalOf(options) });
  }

  /** Creates or renames one. */
  async putProject(projectId: string, name: string, options: CallOptions = {}): Promise<Models.Project> {
    const body = { name };
    return this.api.json({
      method: "PUT",
      path: `/projects/${segment(projectId)}`,
      body,
      expects: "id",
      ...signalOf(options),
    });
  }

  /** What is stored of positions. */
  async policies(options: CallOptions = {}): Promise<Models.Policies> {
    return this.api.json({ method: "GET", path: "/policies", expects: "gps", ...signalOf(options) });
  }

  async putPolicies(policies: Models.PolicyChange, options: CallOptions = {}): Promise<Models.Policies> {
    return this.api.json({ method: "PUT", path: "/policies", body: policies, expects: "gps", ...signalOf(options) });
  }

  /** Parked detection jobs, oldest first, from the one behind `query.after` on. */
  async parkedJobs(query: Models.ParkedJobQuery = {}, options: CallOptions = {}): Promise<readonly Models.ParkedJob[]> {
    return this.items({ method: "GET", path: "/outbox", query, ...signalOf(options) });
  }

  async retryParkedJob(id: number, options: CallOptions = {}): Promise<void> {
    await this.api.answer({ method: "POST", path: `/outbox/${String(id)}/retry`, expects: null, ...signalOf(options) });
  }

  /** The organization's webhook, without its secret; `not_found` where there is none. */
  async getWebhook(options: CallOptions = {}): Promise<Models.Webhook> {
    return this.api.json({ method: "GET", path: "/webhooks", expects: "id", ...signalOf(options) });
  }

  /**
   * Sets it. The answer has the `secret` of one that is new, and never again. Sent once: after a try whose answer was
   * lost, a repeat would find the webhook there and tell no secret. Then delete it, or rotate its secret.
   */
  async putWebhook(webhook: Models.WebhookRequest, options: CallOptions = {}): Promise<Models.Webhook> {
    return this.api.json({ method: "PUT", path: "/webhooks", body: webhook, expects: "id", ...once(options) });
  }

  /** With its secret, its log, and what waits to be sent to it. */
  async deleteWebhook(options: CallOptions = {}): Promise<void> {
    const call = { method: "DELETE", path: "/webhooks", expects: null, ...signalOf(options) } as const;
    await this.api.unlessDone(call, "not_found");
  }

  /** A new secret; until `old_secret_until` the old one signs too. Sent once: a repeat would replace it once more. */
  async rotateWebhookSecret(options: CallOptions = {}): Promise<Models.Webhook> {
    return this.api.json({ method: "POST", path: "/webhooks/secret", expects: "id", ...once(options) });
  }

  /** Sends `webhook.test`; `deliveries` tells what came of it. */
  async testWebhook(options: CallOptions = {}): Promise<Models.Delivery> {
    return this.api.json({ method: "POST", path: "/webhooks/test", expects: "id", ...signalOf(options) });
  }

  /** What was sent, newest first, from the one before `query.before` on. */
  async deliveries(query: Models.DeliveryQuery = {}, options: CallOptions = {}): Promise<readonly Models.Delivery[]> {
    return this.items({ method: "GET", path: "/webhooks/deliveries", query, ...signalOf(options) });
  }

  /** Sends an event again, at once, under the same event id. */
  async retryDelivery(id: number, options: CallOptions = {}): Promise<Models.Delivery> {
    return this.api.json({
      method: "POST",
      path: `/webhooks/deliveries/${String(id)}/retry`,
      expects: "id",
      ...signalOf(options),
    });
  }

  protected async items<T>(call: Call): Promise<readonly T[]> {
    return (await this.api.json<{ items: readonly T[] }>({ ...call, expects: "items" })).items;
  }
}

export function segment(id: string): string {
  return encodeURIComponent(id);
}

export function signalOf({ signal, attempts }: CallOptions): CallOptions {
  return { signal, attempts };
}

function once({ signal }: CallOptions): CallOptions {
  return { signal, attempts: 1 };
}
