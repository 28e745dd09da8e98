import ts from 'typescript'

/**
 * What can be taken out of a source text, one at a time, so that a test has to notice:
 *
 * - clause: an argument of `and(…)` or `or(…)`, which combine the conditions of a query
 * - operand: one side of `&&` or `||`
 * - arm: a conditional expression answers always the one, or always the other
 * - guard: an `if` that leaves the function, or the loop, early
 * - refusal: a `throw` that no `if` stands before
 * - call: a call for its refusal alone, whose result nobody takes
 * - case: a branch of a `switch`, so that its default decides
 * - filter: `.filter(…)`, so that everything is let through
 * - row: an element of a list that is written down
 * - transaction: `.transaction(…)`, so that what was written before a failure stays
 */
export const kinds = [
  ...(['clause', 'operand', 'arm', 'guard', 'refusal'] as const),
  ...(['call', 'case', 'filter', 'row', 'transaction'] as const),
] as const

export type Kind = (typeof kinds)[number]

export interface Mutant {
  readonly kind: Kind
  /** From 1. */
  readonly line: number
  /** What is taken out, on one line. */
  readonly out: string
  /** The source text without it. */
  readonly text: string
}

type Cut = readonly [kind: Kind, out: ts.Node, replaced: ts.Node, by: string]
type Finder = (node: ts.Node) => readonly Cut[]

/** Every mutant of these kinds, in the order of the source. */
export function mutantsOf(text: string, wanted: readonly Kind[]): Mutant[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true)
  const found: (Mutant & { at: number })[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node)) return
    for (const [kind, out, replaced, by] of finders.flatMap((find) => find(node))) {
      if (!wanted.includes(kind)) continue
      const at = out.getStart()
      const mutated = text.slice(0, replaced.getStart()) + by + text.slice(replaced.getEnd())
      found.push({
        ...{ kind, at, line: source.getLineAndCharacterOfPosition(at).line + 1 },
        out: out.getText().replace(/\s+/g, ' '),
        text: kind === 'transaction' ? mutated + unprotected : mutated,
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ kind, line, out, text: mutated }) => ({ kind, line, out, text: mutated }))
}

const combines = ['and', 'or']
const logic = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken]

const clauses: Finder = (node) => {
  if (!ts.isCallExpression(node) || !combines.includes(node.expression.getText())) return []
  return node.arguments.map((argument): Cut => {
    const others = node.arguments.filter((other) => other !== argument).map((other) => other.getText())
    return ['clause', argument, node, `${node.expression.getText()}(${others.join(', ')})`]
  })
}

/** In brackets, so that what stands around binds no other way. */
const operands: Finder = (node) => {
  if (!ts.isBinaryExpression(node) || !logic.includes(node.operatorToken.kind)) return []
  return [
    ['operand', node.left, node, `(${node.right.getText()})`],
    ['operand', node.right, node, `(${node.left.getText()})`],
  ]
}

const arms: Finder = (node) => {
  if (!ts.isConditionalExpression(node)) return []
  return [
    ['arm', node.whenTrue, node, `(${node.whenFalse.getText()})`],
    ['arm', node.whenFalse, node, `(${node.whenTrue.getText()})`],
  ]
}

const guards: Finder = (node) =>
  ts.isIfStatement(node) && !node.elseStatement && leaves(node.thenStatement) ? [['guard', node, node, ';']] : []

function leaves(statement: ts.Statement): boolean {
  if (ts.isBlock(statement)) return statement.statements.length > 0 && leaves(statement.statements.at(-1)!)
  return ts.isThrowStatement(statement) || ts.isReturnStatement(statement) || ts.isContinueStatement(statement)
}

const refusals: Finder = (node) => {
  if (!ts.isThrowStatement(node)) return []
  const { parent } = ts.isBlock(node.parent) ? node.parent : node
  // What is thrown on is no refusal of its own.
  return ts.isIfStatement(parent) || ts.isCatchClause(parent) ? [] : [['refusal', node, node, ';']]
}

const calls: Finder = (node) => {
  if (!ts.isExpressionStatement(node)) return []
  const { expression } = node
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression
  return ts.isCallExpression(call) && ts.isIdentifier(call.expression) ? [['call', node, node, ';']] : []
}

const cases: Finder = (node) =>
  ts.isCaseClause(node) && node.statements.length > 0 && node.parent.clauses.some(ts.isDefaultClause)
    ? [['case', node, node, '']]
    : []

const filters: Finder = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
  const { name, expression } = node.expression
  return name.text === 'filter' ? [['filter', node.arguments[0] ?? node, node, expression.getText()]] : []
}

const elements: Finder = (node) => {
  if (!ts.isArrayLiteralExpression(node) || !isList(node)) return []
  return node.elements.map((element): Cut => {
    const others = node.elements.filter((other) => other !== element).map((other) => other.getText())
    return ['row', element, node, `[${others.join(', ')}]`]
  })
}

/** What stands in an array itself is one row of it, and what an error tells decides nothing. */
function isList(node: ts.ArrayLiteralExpression): boolean {
  for (let around: ts.Node = node.parent; around; around = around.parent) {
    if (ts.isArrayLiteralExpression(around) || ts.isNewExpression(around)) return isSet(around)
    if (ts.isStatement(around)) return true
  }
  return true
}

function isSet(node: ts.Node): boolean {
  return ts.isNewExpression(node) && node.expression.getText() === 'Set'
}

const transactions: Finder = (node) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
  const { name, expression } = node.expression
  if (name.text !== 'transaction' || node.arguments.length !== 1) return []
  const work = node.arguments[0]!.getText()
  return [['transaction', node.expression, node, `unprotected(${expression.getText()}, ${work})`]]
}

/** Every statement commits by itself, and nothing is locked; what was to happen afterwards still does. */
const unprotected = `
async function unprotected(handle: any, work: any): Promise<any> {
  if ('lock' in handle) return work(handle)
  const afterwards: any[] = []
  const afterCommit = (act: any) => void afterwards.push(act)
  const tx: any = { ...handle, transaction: (inner: any) => inner(tx), lock: async () => undefined, afterCommit }
  const result = await work(tx)
  for (const act of afterwards) await act().catch(() => undefined)
  return result
}
`

const finders = [clauses, operands, arms, guards, refusals, calls, cases, filters, elements, transactions]
