/** fetch with this system's error shape. */

export interface ErrorShape {
  error: string;
  message: string;
  details: string;
  info: Record<string, unknown>;
}

/** The server refused. `message` is a sentence for a person, in the language asked for. */
export class ApiError extends Error {
  readonly code: string;
  readonly details: string;
  readonly info: Record<string, unknown>;

  constructor(
    readonly status: number,
    shape: Partial<ErrorShape>,
  ) {
    super(shape.message ?? "");
    this.code = shape.error ?? "internal";
    this.details = shape.details ?? "";
    this.info = shape.info ?? {};
  }

  /** Seconds to wait before the same request may succeed; null when the server names none. */
  get retryAfter(): number | null {
    const after = Number(this.info["retry_after"]);
    return Number.isFinite(after) && after > 0 ? after : null;
  }
}

/** The server could not be reached. */
export class NetworkError extends Error {}

export interface RequestOptions {
  method?: "GET" | "POST" | "DELETE" | "PUT" | "PATCH";
  body?: unknown;
  /** A file instead of JSON. */
  file?: { type: string; content: string };
  query?: Record<string, string | number | null | undefined>;
  token?: string | null;
  signal?: AbortSignal | undefined;
  /** Sent twice, it happens once. */
  idempotencyKey?: string;
}

let language = "en";

/** The language in which the server writes its sentences. */
export function setRequestLanguage(next: string): void {
  language = next;
}

function address(path: string, query: RequestOptions["query"]): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function errorOf(response: Response): Promise<ApiError> {
  let shape: Partial<ErrorShape> = {};
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) shape = body as Partial<ErrorShape>;
  } catch {
    // Not ours (a proxy's page, say): the status has to do.
  }
  // A proxy whose server is down or starting is the same to a person as no server.
  if (shape.error === undefined && [502, 503, 504].includes(response.status)) shape = { error: "unavailable" };
  const error = new ApiError(response.status, shape);
  const header = Number(response.headers.get("Retry-After"));
  if (error.retryAfter === null && Number.isFinite(header) && header > 0) error.info["retry_after"] = header;
  return error;
}

function headersOf(type: string | null, { token, idempotencyKey }: Pick<RequestOptions, "token" | "idempotencyKey">) {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language };
  if (type !== null) headers["Content-Type"] = type;
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  return headers;
}

export interface FileOptions extends Pick<RequestOptions, "query" | "token" | "signal" | "idempotencyKey"> {
  /** Told which share is sent, 0 to 1. */
  onProgress?: (share: number) => void;
}

/** Sends a file and says how far that is, which `fetch` cannot. */
export function sendFile(path: string, file: Blob, options: FileOptions): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", address(path, options.query));
    const headers = headersOf(file.type || "application/octet-stream", options);
    for (const [name, value] of Object.entries(headers)) sending.setRequestHeader(name, value);
    sending.responseType = "blob";
    sending.upload.onprogress = (event) => {
      if (event.lengthComputable) options.onProgress?.(event.loaded / event.total);
    };
    sending.onload = () => {
      const lines = sending.getAllResponseHeaders().trim().split(/\r?\n/u).filter(Boolean);
      const received = lines.map((line): [string, string] => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trim()];
      });
      const response = new Response(sending.response as Blob, { status: sending.status, headers: received });
      if (response.ok) resolve(response);
      else void errorOf(response).then(reject);
    };
    sending.onerror = () => reject(new NetworkError());
    sending.onabort = () => reject(new DOMException("aborted", "AbortError"));
    options.signal?.addEventListener("abort", () => sending.abort());
    sending.send(file);
  });
}

export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const type = options.file?.type ?? (options.body === undefined ? null : "application/json");
  const headers = headersOf(type, options);
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method: options.method ?? "GET",
      headers,
      body: options.file?.content ?? (options.body === undefined ? null : JSON.stringify(options.body)),
      signal: options.signal ?? null,
      credentials: "omit",
      cache: "no-store",
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new NetworkError();
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function request<Body>(path: string, options: RequestOptions = {}): Promise<Body> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as Body;
  return (await response.json()) as Body;
}
