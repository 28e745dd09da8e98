import type { Resource } from '../fhir/resource.ts'

/**
 * What an operation takes, as its OperationDefinition says it: by name, a value of a FHIR type or a resource; optional and
 * once, unless said otherwise.
 *
 * https://hl7.org/fhir/R4/operationdefinition.html
 */
export type ParameterTable = Readonly<Record<string, OperationParameter>>

export type OperationParameter = {
  /** 1: the operation cannot be called without it. */
  readonly min?: 1
  /** How often it may come; Infinity for `*`. */
  readonly max?: number
} & ({ readonly type: string } | { readonly resource: string })

/** What an operation answers: by name, a value of a FHIR type or parts of its own; once, unless said otherwise. */
export type AnswerTable = Readonly<Record<string, AnswerParameter>>

export type AnswerParameter = {
  /** 0: it may be missing. */
  readonly min?: 0
  /** How often it may come; Infinity for `*`. */
  readonly max?: number
} & ({ readonly type: string } | { readonly part: AnswerTable })

/** One value as it came, checked to be of its type. */
export interface GivenValue {
  readonly name: string
  readonly value: unknown
  /** Where it stood: `Parameters.parameter[2]`, or the name in the query. */
  readonly place: string
}

/** The parameters of one call. Names are those of the operation's table, and types have been checked. */
export interface Given {
  readonly all: readonly GivenValue[]
  has(name: string): boolean
  text(name: string): string | undefined
  texts(name: string): string[]
  flag(name: string): boolean | undefined
  number(name: string): number | undefined
  /** A value of a complex type, e.g. a Coding. */
  element<T extends object>(name: string): T | undefined
  resource(name: string): Resource | undefined
  /** For what is wrong with a value; the name itself when it did not come. */
  place(name: string): string
}

export function givenOf(all: readonly GivenValue[]): Given {
  const of = (name: string) => all.filter((one) => one.name === name)
  const first = (name: string) => of(name)[0]?.value
  return {
    all,
    has: (name) => of(name).length > 0,
    text: (name) => first(name) as string | undefined,
    texts: (name) => of(name).map(({ value }) => value as string),
    flag: (name) => first(name) as boolean | undefined,
    number: (name) => first(name) as number | undefined,
    element: <T extends object>(name: string) => first(name) as T | undefined,
    resource: (name) => first(name) as Resource | undefined,
    place: (name) => of(name)[0]?.place ?? name,
  }
}
