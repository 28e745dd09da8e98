/** The part of FHIRPath that search expressions and most invariants use, as a tree. https://hl7.org/fhirpath/N1/ */
export type Path =
  | { readonly kind: 'this' }
  | { readonly kind: 'literal'; readonly value: string | boolean | number }
  /** A member of what `of` yields; without `of`, of the context, or the context itself when it is the context's type. */
  | { readonly kind: 'member'; readonly of: Path | undefined; readonly name: string }
  | { readonly kind: 'call'; readonly of: Path | undefined; readonly name: string; readonly arguments: readonly Path[] }
  | { readonly kind: 'index'; readonly of: Path; readonly at: number }
  | { readonly kind: Operator; readonly left: Path; readonly right: Path }
  | { readonly kind: 'is'; readonly of: Path; readonly type: string }
  | { readonly kind: 'as'; readonly of: Path; readonly type: string }

export type Operator = '+' | 'union' | Comparison | '=' | '!=' | 'in' | 'and' | 'or' | 'xor' | 'implies'
export type Comparison = '<' | '<=' | '>' | '>='

/** The expression is FHIRPath beyond our walkers; FHIRPath itself has to evaluate it. */
export class NotPlain extends Error {}
/** The expression names what the types do not have. */
export class PathError extends Error {}

const token =
  /\s*(?:('(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|([$%]?[A-Za-z_][A-Za-z0-9_]*|`[^`]+`)|([!<>]=|[().,[\]|=<>+]))/y

const tests = new Set(['=', '!=', '<', '<=', '>', '>=', 'in', 'and', 'or', 'xor', 'implies', 'is'])
const testCalls = new Set(['exists', 'empty', 'not', 'hasValue', 'startsWith', 'endsWith', 'contains'])
/** https://hl7.org/fhir/R4/fhirpath.html#variables */
const constants: Readonly<Record<string, string>> = {
  '%ucum': 'http://unitsofmeasure.org',
  '%sct': 'http://snomed.info/sct',
}

/** Whether the path yields a truth and no values of the resource. */
export function isTest(path: Path): boolean {
  return tests.has(path.kind) || (path.kind === 'call' && testCalls.has(path.name))
}

/** Throws NotPlain for anything beyond that part. */
export function parsePath(expression: string): Path {
  const parser = createParser(tokensOf(expression))
  const path = parser.expression()
  if (!parser.isAtEnd()) throw new NotPlain()
  return path
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = []
  token.lastIndex = 0
  for (let end = 0; end < expression.trimEnd().length; end = token.lastIndex) {
    const match = token.exec(expression)
    if (!match) throw new NotPlain()
    tokens.push(match[0].trimStart())
  }
  return tokens
}

/** Binding strength, from weak to strong; `is` and `as` are above `|`, then come sums, then the invocations. */
function createParser(tokens: readonly string[]) {
  let at = 0
  const eat = (expected: string): boolean => tokens[at] === expected && ++at > 0
  const need = (expected: string): void => {
    if (!eat(expected)) throw new NotPlain()
  }
  const leftToRight = (operand: () => Path, kinds: Readonly<Record<string, Operator>>) => (): Path => {
    let left = operand()
    for (let kind = kinds[tokens[at] ?? '']; kind !== undefined; kind = kinds[tokens[at] ?? '']) {
      at++
      left = { kind, left, right: operand() }
    }
    return left
  }

  const sum = leftToRight(invocations, { '+': '+' })
  const union = leftToRight(typed, { '|': 'union' })
  const inequality = leftToRight(union, { '<': '<', '<=': '<=', '>': '>', '>=': '>=' })
  const equality = leftToRight(inequality, { '=': '=', '!=': '!=' })
  const membership = leftToRight(equality, { in: 'in' })
  const conjunction = leftToRight(membership, { and: 'and' })
  const disjunction = leftToRight(conjunction, { or: 'or', xor: 'xor' })
  const expression = leftToRight(disjunction, { implies: 'implies' })

  function typed(): Path {
    let path = sum()
    while (tokens[at] === 'is' || tokens[at] === 'as')
      path = { kind: tokens[at++] as 'is' | 'as', of: path, type: typeName() }
    return path
  }

  function typeName(): string {
    const first = name()
    return eat('.') ? name() : first
  }

  function invocations(): Path {
    let path = term()
    for (;;) {
      if (eat('.')) path = invocation(path)
      else if (eat('[')) path = index(path)
      else return path
    }
  }

  function term(): Path {
    const next = tokens[at] ?? ''
    if (eat('(')) {
      const path = expression()
      need(')')
      return path
    }
    if (eat('$this')) return { kind: 'this' }
    const constant = constants[next]
    if (constant !== undefined && at++ >= 0) return { kind: 'literal', value: constant }
    if (/^['\d]/.test(next) || next === 'true' || next === 'false') return literal()
    return invocation(undefined)
  }

  function literal(): Path {
    const text = tokens[at++]!
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
    return { kind: 'literal', value: text.startsWith("'") ? unquoted(text) : Number(text) }
  }

  function invocation(of: Path | undefined): Path {
    const called = name()
    if (!eat('(')) return { kind: 'member', of, name: called }
    const given: Path[] = []
    while (!eat(')')) {
      if (given.length > 0) need(',')
      given.push(expression())
    }
    return { kind: 'call', of, name: called, arguments: given }
  }

  function index(of: Path): Path {
    const number = tokens[at++] ?? ''
    if (!/^\d+$/.test(number)) throw new NotPlain()
    need(']')
    return { kind: 'index', of, at: Number(number) }
  }

  function name(): string {
    const text = tokens[at++] ?? ''
    if (!/^[A-Za-z_`]/.test(text)) throw new NotPlain()
    return text.replaceAll('`', '')
  }

  return { expression, isAtEnd: () => at === tokens.length }
}

function unquoted(literal: string): string {
  if (/\\(?!['"`\\/])/.test(literal)) throw new NotPlain()
  return literal.slice(1, -1).replace(/\\(.)/g, '$1')
}
