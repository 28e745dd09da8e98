/**
 * The one error the FHIR side of the server throws on purpose.
 *
 * Domain code names the problem; this table alone knows the status and the issue code.
 *
 * https://hl7.org/fhir/R4/http.html#Status-Codes
 * https://hl7.org/fhir/R4/valueset-issue-type.html
 */
const problems = {
  malformed: { status: 400, code: 'structure' },
  invalidQuery: { status: 400, code: 'invalid' },
  unsupportedParameter: { status: 400, code: 'not-supported' },
  loginRequired: { status: 401, code: 'login' },
  expiredToken: { status: 401, code: 'expired' },
  /** What shows that the sender has the key of a bound token does not hold. */
  unproven: { status: 401, code: 'security' },
  forbidden: { status: 403, code: 'forbidden' },
  insufficientScope: { status: 403, code: 'forbidden' },
  notFound: { status: 404, code: 'not-found' },
  unknownType: { status: 404, code: 'not-supported' },
  methodNotAllowed: { status: 405, code: 'not-supported' },
  notAcceptable: { status: 406, code: 'not-supported' },
  conflict: { status: 409, code: 'conflict' },
  gone: { status: 410, code: 'deleted' },
  preconditionFailed: { status: 412, code: 'conflict' },
  multipleMatches: { status: 412, code: 'multiple-matches' },
  tooLarge: { status: 413, code: 'too-long' },
  unsupportedMediaType: { status: 415, code: 'not-supported' },
  rangeNotSatisfiable: { status: 416, code: 'invalid' },
  misdirected: { status: 421, code: 'security' },
  invalid: { status: 422, code: 'invalid' },
  unprocessable: { status: 422, code: 'processing' },
  tooManyCodes: { status: 422, code: 'too-costly' },
  throttled: { status: 429, code: 'throttled' },
  internal: { status: 500, code: 'exception' },
  unavailable: { status: 503, code: 'transient' },
  tooCostly: { status: 503, code: 'too-costly' },
} as const

/** How long a server that is busy or starting is left alone. */
const busySeconds = 5

export type Problem = keyof typeof problems

/** One entry of an OperationOutcome; `expression` holds FHIRPaths such as `Patient.name[0].given`. */
export interface Issue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  code: string
  diagnostics?: string
  expression?: string[]
  details?: { text: string }
}

export class FhirError extends Error {
  override readonly name = 'FhirError'
  readonly problem: Problem
  readonly status: number
  readonly issues: readonly Issue[]
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined
  /** The methods that are possible where this one is not. */
  readonly allow: readonly string[] | undefined

  constructor(
    problem: Problem,
    text: string,
    options: {
      issues?: readonly Issue[]
      expression?: string
      cause?: unknown
      retryAfter?: number
      allow?: readonly string[]
    } = {},
  ) {
    super(text, { cause: options.cause })
    const { status, code } = problems[problem]
    this.problem = problem
    this.status = status
    this.allow = options.allow
    this.retryAfter = options.retryAfter ?? (status === 503 ? busySeconds : undefined)
    this.issues = options.issues ?? [
      {
        severity: 'error',
        code,
        diagnostics: text,
        ...(options.expression ? { expression: [options.expression] } : {}),
      },
    ]
  }
}

export interface OperationOutcome {
  resourceType: 'OperationOutcome'
  issue: Issue[]
}

export function operationOutcome(issues: readonly Issue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: [...issues] }
}
