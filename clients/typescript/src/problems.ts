import { PhotodockError } from "./errors.js";
import type { Problem } from "./models.js";

/** Retry-After: seconds, or an HTTP date. Undefined where it is missing or neither. */
export function parseRetryAfter(value: string | null | undefined, now = Date.now()): number | undefined {
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - now) / 1000);
}

/** A problem document (RFC 9457) as an error. */
export function toError(problem: Problem, retryAfterSeconds?: number): PhotodockError {
  return new PhotodockError(problem.code, problem.detail, {
    status: problem.status,
    correlationId: problem.correlation_id,
    retryAfterSeconds,
    fieldErrors: problem.errors ?? [],
  });
}

/** The error that an answer of the API tells, or that something between us and the API does: `unexpected_answer`. */
export function errorOf(response: Response, body: string): PhotodockError {
  const problem = parseProblem(body);
  if (problem) return toError(problem, parseRetryAfter(response.headers.get("Retry-After")));
  return unexpected(response.status, response.headers);
}

/** What came is not the API's: a proxy's page, or a captive portal's. */
export function unexpected(status: number, headers: Headers): PhotodockError {
  const detail = `${String(status)} came, and not what the API answers with. Look at baseUrl, and what is in between.`;
  return new PhotodockError("unexpected_answer", detail, {
    status,
    correlationId: headers.get("X-Request-ID") ?? undefined,
    retryAfterSeconds: parseRetryAfter(headers.get("Retry-After")),
  });
}

function parseProblem(body: string): Problem | undefined {
  try {
    const found = JSON.parse(body) as Partial<Problem> | null;
    return typeof found?.code === "string" && typeof found.status === "number" ? (found as Problem) : undefined;
  } catch {
    return undefined;
  }
}
